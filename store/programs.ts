/** What a sweep keeps of its program: the files that it is made of, by their hash, and what each trial has printed. */
import { digestOf, readHashed, trialKey } from './keys.ts';
import type { Store } from './types.ts';

const fileKey = (sweepId: string, hash: string) => `${sweepId}/files/${digestOf(hash)}`;

/** `hash`: 'sha256:…'. */
export const writeProgramFile = (store: Store, sweepId: string, hash: string, bytes: Uint8Array) =>
  store.putNew(fileKey(sweepId, hash), bytes);

/** Throws an Error that names one that is missing, or is another than its name says. */
export const readProgramFile = (store: Store, sweepId: string, hash: string): Promise<Uint8Array> =>
  readHashed(store, fileKey(sweepId, hash), hash);

/** Of the latest attempt. */
export const LOG = 'log.txt';
export const writeLog = (store: Store, sweepId: string, trialId: string, text: string) =>
  store.put(trialKey(sweepId, trialId, LOG), text);
export async function readLog(store: Store, sweepId: string, trialId: string): Promise<string | undefined> {
  const bytes = await store.get(trialKey(sweepId, trialId, LOG));
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}
