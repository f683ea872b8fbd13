/** Keys of a run folder, and what is under them: JSON, and contents by their hash. */
import { createHash } from 'node:crypto';
import { UserError } from '../core/errors.ts';
import type { Store } from './types.ts';

export const trialKey = (sweepId: string, trialId: string, file = '') => `${sweepId}/trials/${trialId}/${file}`;

/**
 * The parts of a key. Throws a UserError for one that leads out of its store, whatever that is: a folder, or a
 * prefix of a bucket.
 */
export function partsOf(key: string): string[] {
  const parts = key.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..' || part.includes('\0')))
    throw new UserError(`"${key}" leaves the runs folder`);
  return parts;
}

/** The hexadecimal digits of a reference 'sha256:…'. */
export const digestOf = (reference: string): string => reference.replace('sha256:', '');

/** Contents that a reference 'sha256:…' names. Throws an Error that names what is missing, or is not what it names. */
export async function readHashed(store: Store, key: string, reference: string): Promise<Uint8Array> {
  const bytes = await store.get(key);
  if (bytes === undefined) throw new Error(`${store.url}/${key} is missing`);
  if (createHash('sha256').update(bytes).digest('hex') !== digestOf(reference))
    throw new Error(`${store.url}/${key} has changed`);
  return bytes;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** As files of the run folder have it: for people too. */
export const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/**
 * T is what the writer of the file promises. Undefined where there is none; throws a UserError that names a file that
 * is no JSON.
 */
export async function readJson<T>(store: Store, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
  } catch (error) {
    throw new UserError(`${store.url}/${key}: not JSON (${(error as Error).message})`);
  }
}

/** Hears which file is damaged, and how. */
export type OnDamaged = (message: string) => void;

/** The same of what is made again where it is missing: a file that is no JSON counts as none. */
export async function readWhole<T>(store: Store, key: string, onDamaged: OnDamaged = () => {}): Promise<T | undefined> {
  try {
    return await readJson<T>(store, key);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onDamaged(error.message);
    return undefined;
  }
}

/**
 * Writes JSON where there is none that stands: nobody was first, or what they wrote is damaged. Returns what stands
 * there now.
 */
export async function putFirst<T>(
  store: Store,
  key: string,
  value: T,
  stands: (there: T) => boolean = () => true,
): Promise<T> {
  if (await store.putNew(key, pretty(value))) return value;
  const there = await readWhole<T>(store, key);
  if (there !== undefined && stands(there)) return there;
  await store.put(key, pretty(value));
  return value;
}
