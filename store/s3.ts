/**
 * A store in a bucket, under a prefix: s3://bucket/prefix. Every write is one request, which is atomic and is seen by
 * whoever reads after it; a key that only the first may write is created conditionally (`If-None-Match: *`).
 * Address, region and credentials are found as every AWS client finds them (AWS_ENDPOINT_URL_S3, AWS_REGION,
 * AWS_ACCESS_KEY_ID, a profile, a machine's role): they are never written down.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { UserError } from '../core/errors.ts';
import { inTurn } from './in-turn.ts';
import type { Store } from './types.ts';

/** The library, loaded on first use: who has no bucket does not wait for it. */
function library() {
  // Which version of Node the library will want next year is no news for whoever runs a sweep.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-s3');
}

/** With the waiting between them, some seconds of a service that is down; whoever asks may ask again. */
const ATTEMPTS = 8;
/** Names that DeleteObjects takes at a time, and a page of a list holds. */
const PAGE = 1000;
/** Who wrote an object, beside it: an answer that was lost is told by it from somebody else's object. */
const WRITER = 'sweep-writer';

interface Bucket {
  name: string;
  /** Without slashes at its ends; '' for the whole bucket. */
  prefix: string;
}

/** Throws a UserError for what is no bucket's address. */
export function bucketOf(url: string): Bucket {
  const [, name, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(.*?))?\/*$/.exec(url) ?? [];
  if (name === undefined || prefix.split('/').some((part) => part === '.' || part === '..'))
    throw new UserError(`--runs ${url}: no address of a bucket; allowed: s3://BUCKET/PREFIX`, 2);
  return { name, prefix: prefix.split('/').filter(Boolean).join('/') };
}

let shared: Promise<S3Client> | undefined;

/** One client for a process: it keeps its connections. */
function client(): Promise<S3Client> {
  return (shared ??= library().then(({ S3Client }) => {
    const endpoint = process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
    return new S3Client({
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }), // another service has no host name for each bucket
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    });
  }));
}

interface ServiceError extends Error {
  $metadata?: { httpStatusCode?: number };
  code?: string;
}

const statusOf = (error: unknown) => (error as ServiceError).$metadata?.httpStatusCode;

/** What the service, or the way to it, refuses: a line that says what to do. Everything else stays as it is. */
function inWords(error: unknown, url: string, key: string): unknown {
  const { name, message, code } = error as ServiceError;
  const status = statusOf(error);
  const line = (what: string) => new UserError(`${url}${key === '' ? '' : `/${key}`}: ${what}`);
  if (name === 'NoSuchBucket') return line('there is no such bucket; make it, or give another place with --runs');
  if (name === 'CredentialsProviderError')
    return line('no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE');
  if (/region is missing/i.test(message)) return line('no region; set AWS_REGION');
  if (name === 'RequestTimeTooSkewed') return line("the service refuses this machine's time; set its clock");
  if (status === 401 || status === 403)
    return line(`access denied (${name}: ${message}); check the credentials, and what they may do in this bucket`);
  if (status === 507 || name === 'XMinioStorageFull') return line(`the service has no room left (${message})`);
  if (status !== undefined && status >= 500)
    return line(`the service failed ${ATTEMPTS} times (${status} ${name}); try again later`);
  if (status === undefined && (code !== undefined || /timeout/i.test(name)))
    return line(
      `the service cannot be reached (${code ?? name}: ${message}); check AWS_ENDPOINT_URL_S3 and the network`,
    );
  return error;
}

export function openS3(address: string): Store {
  const { name: Bucket, prefix } = bucketOf(address);
  const url = `s3://${Bucket}${prefix && `/${prefix}`}`;

  function place(key: string): string {
    const parts = key.split('/').filter((part) => part !== '');
    if (parts.some((part) => part === '.' || part === '..' || part.includes('\0')))
      throw new UserError(`"${key}" leaves the runs folder`);
    return [prefix, ...parts].filter(Boolean).join('/');
  }

  async function within<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await inTurn(work);
    } catch (error) {
      throw inWords(error, url, key);
    }
  }

  async function put(input: Omit<PutObjectCommandInput, 'Bucket'>): Promise<void> {
    const { PutObjectCommand } = await library();
    await (await client()).send(new PutObjectCommand({ Bucket, ...input }));
  }

  async function writerOf(Key: string): Promise<string | undefined> {
    const { HeadObjectCommand } = await library();
    return (await (await client()).send(new HeadObjectCommand({ Bucket, Key }))).Metadata?.[WRITER];
  }

  /** What lies under a prefix, a page at a time. */
  async function* pages(Prefix: string, Delimiter?: string) {
    const { ListObjectsV2Command } = await library();
    let ContinuationToken: string | undefined;
    do {
      const page = await (
        await client()
      ).send(new ListObjectsV2Command({ Bucket, Prefix, Delimiter, ContinuationToken, MaxKeys: PAGE }));
      yield page;
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  return {
    url,
    describe: (key) => `s3://${Bucket}/${place(key)}`,
    async get(key) {
      const Key = place(key);
      const { GetObjectCommand } = await library();
      return within(key, async () => {
        for (let attempt = 1; ; attempt++) {
          try {
            const { Body } = await (await client()).send(new GetObjectCommand({ Bucket, Key }));
            return await Body?.transformToByteArray();
          } catch (error) {
            if ((error as Error).name === 'NoSuchKey') return undefined;
            // The client tries again until the answer begins; one that is cut off in its middle is ours.
            if (statusOf(error) !== undefined || attempt === ATTEMPTS || !isCut(error)) throw error;
          }
        }
      });
    },
    async put(key, bytes) {
      const Key = place(key);
      await within(key, async () => {
        if (typeof bytes === 'string' || bytes instanceof Uint8Array) return put({ Key, Body: Buffer.from(bytes) });
        const { Upload } = await import('@aws-sdk/lib-storage');
        const params = { Bucket, Key, Body: Readable.from(buffers(bytes)) };
        await new Upload({ client: await client(), params, queueSize: 1 }).done();
      });
    },
    async putNew(key, bytes) {
      const Key = place(key);
      const writer = randomUUID();
      return within(key, async () => {
        for (;;) {
          try {
            await put({ Key, Body: Buffer.from(bytes), IfNoneMatch: '*', Metadata: { [WRITER]: writer } });
            return true;
          } catch (error) {
            // Tried again after an answer was lost, it finds what it wrote itself.
            if (statusOf(error) === 412) return (await writerOf(Key)) === writer;
            if (statusOf(error) !== 409) throw error;
            await setTimeout(50); // another one is writing it just now
          }
        }
      });
    },
    async list(key) {
      const under = place(key);
      const start = under === '' ? '' : `${under}/`;
      return within(key, async () => {
        const names: string[] = [];
        for await (const { CommonPrefixes = [], Contents = [] } of pages(start, '/'))
          for (const name of [...CommonPrefixes.map(({ Prefix }) => Prefix), ...Contents.map(({ Key }) => Key)])
            names.push((name ?? '').slice(start.length));
        return names.filter((name) => name !== '' && !name.startsWith('.')).sort();
      });
    },
    async remove(key) {
      const under = place(key);
      const { DeleteObjectCommand, DeleteObjectsCommand } = await library();
      await within(key, async () => {
        const s3 = await client();
        if (under !== '') await s3.send(new DeleteObjectCommand({ Bucket, Key: under }));
        for await (const { Contents = [] } of pages(under === '' ? '' : `${under}/`)) {
          if (Contents.length === 0) continue;
          const Objects = Contents.map(({ Key }) => ({ Key }));
          const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
          const [refused] = Errors;
          if (refused) throw new UserError(`${url}/${key}: not removed (${refused.Code}: ${refused.Message})`);
        }
      });
    },
  };
}

/** A connection that ended before the answer did, or bytes that are not those of its checksum. */
const isCut = (error: unknown): boolean =>
  ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE'].includes((error as ServiceError).code ?? '') ||
  /aborted|checksum mismatch/i.test((error as Error).message);

async function* buffers(texts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const text of texts) yield Buffer.from(text);
}
