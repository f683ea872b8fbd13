/**
 * The objects of a bucket, by their whole keys: each function is one request, or as many as it has pages, and is tried
 * again where the service fails.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { ListObjectsV2CommandOutput, PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';

/** The library, loaded on first use: who has no bucket does not wait for it. */
function library() {
  // Which version of Node the library will want next year is no news for whoever runs a sweep.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return import('@aws-sdk/client-s3');
}

/** With the waiting between them, some seconds of a service that is down; whoever asks may ask again. */
export const ATTEMPTS = 8;
/** Names that DeleteObjects takes at a time, and a page of a list holds. */
const PAGE = 1000;
/** Who wrote an object, beside it: an answer that was lost is told by it from somebody else's object. */
const WRITER = 'sweep-writer';

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

export interface ServiceError extends Error {
  $metadata?: { httpStatusCode?: number };
  code?: string;
}

export const statusOf = (error: unknown) => (error as ServiceError).$metadata?.httpStatusCode;

async function put(input: PutObjectCommandInput): Promise<void> {
  const { PutObjectCommand } = await library();
  await (await client()).send(new PutObjectCommand(input));
}

export async function readObject(Bucket: string, Key: string): Promise<Uint8Array | undefined> {
  const { GetObjectCommand } = await library();
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
}

export async function writeObject(
  Bucket: string,
  Key: string,
  bytes: Uint8Array | string | AsyncIterable<string>,
): Promise<void> {
  if (typeof bytes === 'string' || bytes instanceof Uint8Array) return put({ Bucket, Key, Body: Buffer.from(bytes) });
  const { Upload } = await import('@aws-sdk/lib-storage');
  const params = { Bucket, Key, Body: Readable.from(buffers(bytes)) };
  await new Upload({ client: await client(), params, queueSize: 1 }).done();
}

/** Only where nothing is yet; false: somebody was first. */
export async function createObject(Bucket: string, Key: string, bytes: Uint8Array | string): Promise<boolean> {
  const writer = randomUUID();
  for (;;) {
    try {
      await put({ Bucket, Key, Body: Buffer.from(bytes), IfNoneMatch: '*', Metadata: { [WRITER]: writer } });
      return true;
    } catch (error) {
      // Tried again after an answer was lost, it finds what it wrote itself.
      if (statusOf(error) === 412) return (await writerOf(Bucket, Key)) === writer;
      if (statusOf(error) !== 409) throw error;
      await setTimeout(50); // another one is writing it just now
    }
  }
}

async function writerOf(Bucket: string, Key: string): Promise<string | undefined> {
  const { HeadObjectCommand } = await library();
  return (await (await client()).send(new HeadObjectCommand({ Bucket, Key }))).Metadata?.[WRITER];
}

/** What lies under a prefix, a page at a time. `Delimiter`: what ends the names that are put together. */
export async function* pagesOf(
  Bucket: string,
  Prefix: string,
  Delimiter?: string,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const { ListObjectsV2Command } = await library();
  const s3 = await client();
  let ContinuationToken: string | undefined;
  do {
    const request = { Bucket, Prefix, Delimiter, ContinuationToken, MaxKeys: PAGE };
    const page = await s3.send(new ListObjectsV2Command(request));
    yield page;
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

export async function removeObject(Bucket: string, Key: string): Promise<void> {
  const { DeleteObjectCommand } = await library();
  await (await client()).send(new DeleteObjectCommand({ Bucket, Key }));
}

/** All under a prefix; the answer is why one of them was not removed, if one was not. */
export async function removeObjects(Bucket: string, prefix: string): Promise<string | undefined> {
  const { DeleteObjectsCommand } = await library();
  const s3 = await client();
  for await (const { Contents = [] } of pagesOf(Bucket, prefix)) {
    if (Contents.length === 0) continue;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    const { Errors: [refused] = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    if (refused) return `${refused.Code}: ${refused.Message}`;
  }
  return undefined;
}

/** A connection that ended before the answer did, or bytes that are not those of its checksum. */
const isCut = (error: unknown): boolean =>
  ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE'].includes((error as ServiceError).code ?? '') ||
  /aborted|checksum mismatch/i.test((error as Error).message);

async function* buffers(texts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const text of texts) yield Buffer.from(text);
}
