/** Keys of a run folder, and JSON under them. */
import { UserError } from '../core/errors.ts';
import type { Store } from './types.ts';

export const trialKey = (sweepId: string, trialId: string, file = '') => `${sweepId}/trials/${trialId}/${file}`;

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
