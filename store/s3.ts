/**
 * A store in a bucket, under a prefix: s3://bucket/prefix. Every write is one request, which is atomic and is seen by
 * whoever reads after it; a key that only the first may write is created conditionally (`If-None-Match: *`).
 * Address, region and credentials are found as every AWS client finds them (AWS_ENDPOINT_URL_S3, AWS_REGION,
 * AWS_ACCESS_KEY_ID, a profile, a machine's role): they are never written down.
 */
import { UserError } from '../core/errors.ts';
import { inTurn } from './in-turn.ts';
import { partsOf } from './keys.ts';
import {
  ATTEMPTS,
  createObject,
  pagesOf,
  readObject,
  removeObject,
  removeObjects,
  statusOf,
  writeObject,
  type ServiceError,
} from './s3-objects.ts';
import type { Store } from './types.ts';

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

/** Names right under a prefix of keys that ends in '/', or is ''. */
async function namesUnder(bucket: string, start: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { CommonPrefixes = [], Contents = [] } of pagesOf(bucket, start, '/'))
    for (const name of [...CommonPrefixes.map(({ Prefix }) => Prefix), ...Contents.map(({ Key }) => Key)])
      names.push((name ?? '').slice(start.length));
  return names.filter((name) => name !== '' && !name.startsWith('.')).sort();
}

export function openS3(address: string): Store {
  const { name: bucket, prefix } = bucketOf(address);
  const url = `s3://${bucket}${prefix && `/${prefix}`}`;

  const place = (key: string): string => [prefix, ...partsOf(key)].filter(Boolean).join('/');
  const under = (whole: string) => (whole === '' ? '' : `${whole}/`);

  /** Hands the whole key to the work; what the service refuses is said in words. */
  async function at<T>(key: string, work: (whole: string) => Promise<T>): Promise<T> {
    const whole = place(key);
    try {
      return await inTurn(() => work(whole));
    } catch (error) {
      throw inWords(error, url, key);
    }
  }

  return {
    url,
    describe: (key) => `s3://${bucket}/${place(key)}`,
    get: (key) => at(key, (whole) => readObject(bucket, whole)),
    put: (key, bytes) => at(key, (whole) => writeObject(bucket, whole, bytes)),
    putNew: (key, bytes) => at(key, (whole) => createObject(bucket, whole, bytes)),
    list: (prefix) => at(prefix, (whole) => namesUnder(bucket, under(whole))),
    remove: (key) =>
      at(key, async (whole) => {
        if (whole !== '') await removeObject(bucket, whole);
        const refused = await removeObjects(bucket, under(whole));
        if (refused !== undefined) throw new UserError(`${url}/${key}: not removed (${refused})`);
      }),
  };
}
