/** `samples.json`: what a trained network wrote. */
import { hashJson } from '../../core/json.ts';
import type { TrialResult, TrialSamples } from '../../core/results.ts';
import type { SamplingSpec } from '../../core/spec.ts';
import { pretty, readWhole, trialKey } from '../keys.ts';
import type { Store } from '../types.ts';

/** What the trained network wrote when it was last asked. */
export const readSamples = (store: Store, sweepId: string, trialId: string) =>
  readWhole<TrialSamples>(store, trialKey(sweepId, trialId, 'samples.json'));
export const writeSamples = (store: Store, sweepId: string, trialId: string, samples: TrialSamples) =>
  store.put(trialKey(sweepId, trialId, 'samples.json'), pretty(samples));

/** Whether a trained network has written what the sweep asks for. One that diverged has nothing to say. */
export async function isSampled(
  store: Store,
  sweepId: string,
  { trialId, status }: TrialResult,
  sampling: SamplingSpec | undefined,
): Promise<boolean> {
  if (sampling === undefined || status === 'diverged') return true;
  const done = await readSamples(store, sweepId, trialId);
  return done !== undefined && hashJson(done.sampling) === hashJson(sampling);
}
