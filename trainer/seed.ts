/** Trials of an extended sweep go on from what was trained before: the same trial, but for when it ends. */
import { UserError } from '../core/errors.ts';
import type { Origin, Resumable } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import { trialId } from '../core/trial.ts';
import type { Store } from '../store/index.ts';
import { differenceFrom, isResumable, latestCheckpoint, readEarlier, readModel, readResult } from '../store/runs.ts';
import type { Trainer } from './types.ts';

/** What is damaged is no seed. */
const orNone = (error: unknown): undefined => {
  if (!(error instanceof UserError)) throw error;
};

export interface SeedOptions {
  origin: Origin;
  upTo: number;
  /** What of a shorter trial's checkpoint this one may go on from. */
  seedOf: NonNullable<Trainer['seedOf']>;
}

/**
 * The furthest, up to a step, that this trial was trained by this origin before the sweep was extended; undefined: not
 * at all, or not usable.
 */
export async function findSeed(
  store: Store,
  sweepId: string,
  trial: TrialSpec,
  { origin, upTo, seedOf }: SeedOptions,
): Promise<Resumable | undefined> {
  const { maxSteps: _, stopWhen: __, ...training } = trial.training;
  const seeds: Resumable[] = [];
  for (const { ends } of await readEarlier(store, sweepId)) {
    const id = trialId({ ...trial, training: { ...training, ...ends } } as TrialSpec);
    const result = await readResult(store, sweepId, id);
    if (result && (result.status === 'diverged' || differenceFrom(origin, result) !== undefined)) continue;
    const checkpoint =
      result === undefined
        ? await latestCheckpoint(store, sweepId, id, origin, { upTo })
        : await readModel(store, sweepId, id).catch(orNone);
    const seed = checkpoint && isResumable(checkpoint) ? seedOf(trial, checkpoint) : undefined;
    if (seed !== undefined && seed.step <= upTo) seeds.push(seed);
  }
  return seeds.sort((a, b) => b.step - a.step)[0];
}
