/** The texts that trials learn from, kept with the sweep so that its folder needs nothing else. */
import { digestOf, readHashed } from '../keys.ts';
import type { Store } from '../types.ts';

const keyOf = (sweepId: string, reference: string) => `${sweepId}/corpora/${digestOf(reference)}.txt`;

/** A text that trials refer to as 'sha256:…', kept with the sweep so that the run folder needs nothing else. */
export const writeCorpus = (store: Store, sweepId: string, reference: string, text: string) =>
  store.putNew(keyOf(sweepId, reference), text);

export const readCorpus = async (store: Store, sweepId: string, reference: string): Promise<string> =>
  Buffer.from(await readHashed(store, keyOf(sweepId, reference), reference)).toString('utf8');
