/** The texts that trials learn from, kept with the sweep so that its folder needs nothing else. */
import { createHash } from 'node:crypto';
import type { Store } from '../types.ts';

/** A text that trials refer to as 'sha256:…', kept with the sweep so that the run folder needs nothing else. */
export const writeCorpus = (store: Store, sweepId: string, reference: string, text: string) =>
  store.putNew(`${sweepId}/corpora/${reference.replace('sha256:', '')}.txt`, text);

export async function readCorpus(store: Store, sweepId: string, reference: string): Promise<string> {
  const key = `${sweepId}/corpora/${reference.replace('sha256:', '')}.txt`;
  const bytes = await store.get(key);
  if (bytes === undefined) throw new Error(`${store.url}/${key} is missing`);
  if (createHash('sha256').update(bytes).digest('hex') !== reference.replace('sha256:', ''))
    throw new Error(`${store.url}/${key} has changed`);
  return Buffer.from(bytes).toString('utf8');
}
