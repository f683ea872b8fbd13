/** Keys of a run folder, and JSON under them. */
import type { Store } from './types.ts';

export const trialKey = (sweepId: string, trialId: string, file = '') => `${sweepId}/trials/${trialId}/${file}`;

/** As files of the run folder have it: for people too. */
export const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** T is what the writer of the file promises. Undefined where there is none; throws an Error that names a file that is no JSON. */
export async function readJson<T>(store: Store, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as T;
  } catch (error) {
    throw new Error(`${store.url}/${key}: not JSON (${(error as Error).message})`);
  }
}
