import type { NetworkTrial } from '../../core/spec.ts';
import { readCorpus } from '../../store/runs.ts';
import type { RunFolder } from '../types.ts';

/** The text that the trial learns from, if it does. */
export async function corpusOf({ store, sweepId }: RunFolder, { task }: NetworkTrial): Promise<string | undefined> {
  return typeof task['corpus'] === 'string' ? readCorpus(store, sweepId, task['corpus']) : undefined;
}
