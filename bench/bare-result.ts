/**
 * What is left of a trial that trained nothing: its files, written without care, so that what a sweep looks for at its
 * end is there.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcomeOf } from '../core/progress.ts';
import type { Lane, LaneOutcome, TrainJob, TrialResult } from '../core/results.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { Store } from '../store/index.ts';

export async function leaveResult(
  store: Store,
  { sweepId, toStep, objective }: TrainJob,
  { trialId, trial }: Lane,
): Promise<LaneOutcome> {
  const result: TrialResult = {
    trialId,
    trial,
    science: SCIENCE_VERSION,
    status: 'completed',
    steps: toStep,
    metrics: { accuracy: 1, loss: 1 },
    parameters: 1,
    backend: 'none',
    replayed: false,
  };
  const folder = join(store.url, sweepId, 'trials', trialId);
  await mkdir(folder, { recursive: true });
  for (const file of ['metrics.csv', 'model.ckpt', 'observations.json', 'timing.json'])
    await writeFile(join(folder, file), '');
  await writeFile(join(folder, 'result.json'), JSON.stringify(result));
  return outcomeOf(result, objective);
}
