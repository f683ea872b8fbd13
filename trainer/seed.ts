/** Trials of an extended sweep go on from what was trained before: the same trial, but for when it ends. */
import { UserError } from '../core/errors.ts';
import type { Checkpoint, Origin } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import { trialId } from '../core/trial.ts';
import { evaluatesAt, stops } from './network/train.ts';
import type { Store } from '../store/index.ts';
import { differenceFrom, latestCheckpoint, readEarlier, readModel, readResult } from '../store/runs.ts';

/**
 * What the trial would have been at the checkpoint's step had it been this one from the start; undefined if it would
 * have ended before.
 */
export function seedOf(
  { training }: TrialSpec,
  { step, curve, observations, tensors }: Checkpoint,
): Checkpoint | undefined {
  if (step > training.maxSteps) return undefined;
  // The last point is left out: training evaluates there again, and knows that it is not the end. The draws are the
  // same.
  const before = curve.filter((point) => point.step < step && evaluatesAt(training, point.step));
  for (let points = 1; points <= before.length; points++)
    if (stops(before.slice(0, points), training.stopWhen)) return undefined;
  return { step, tensors, curve: before, observations: observations.filter((one) => one.step < step) };
}

/** A damaged network is no seed. */
const orNone = (error: unknown): undefined => {
  if (!(error instanceof UserError)) throw error;
};

export interface SeedOptions {
  origin: Origin;
  upTo: number;
}

/**
 * The furthest, up to a step, that this trial was trained by this origin before the sweep was extended; undefined: not
 * at all, or not usable.
 */
export async function findSeed(
  store: Store,
  sweepId: string,
  trial: TrialSpec,
  { origin, upTo }: SeedOptions,
): Promise<Checkpoint | undefined> {
  const { maxSteps: _, stopWhen: __, ...training } = trial.training;
  const seeds: Checkpoint[] = [];
  for (const { ends } of await readEarlier(store, sweepId)) {
    const id = trialId({ ...trial, training: { ...training, ...ends } });
    const result = await readResult(store, sweepId, id);
    if (result && (result.status === 'diverged' || differenceFrom(origin, result) !== undefined)) continue;
    const checkpoint =
      result === undefined
        ? await latestCheckpoint(store, sweepId, id, origin, { upTo })
        : await readModel(store, sweepId, id).catch(orNone);
    const seed = checkpoint && seedOf(trial, checkpoint);
    if (seed !== undefined && seed.step <= upTo) seeds.push(seed);
  }
  return seeds.sort((a, b) => b.step - a.step)[0];
}
