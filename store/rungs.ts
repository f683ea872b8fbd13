/**
 * Rungs: the steps before its last at which a scheduler looks at a trial. `rungs/step-<step>.json` says that it got
 * there, with the curve and the checkpoint of that step beside it, until the trial ends: then its result and curve say
 * it all.
 */
import type { Checkpoint, CurvePoint, Origin, RungRecord, TrialResult } from '../core/results.ts';
import { encodeCheckpoint } from './checkpoint.ts';
import { decodeCurve, encodeCurve } from './curve.ts';
import { putFirst, readWhole, trialKey } from './keys.ts';
import { differenceFrom } from './runs.ts';
import type { Store } from './types.ts';

const nameOf = (step: number) => `step-${String(step).padStart(9, '0')}`;
const rungKey = (sweepId: string, trialId: string, step: number, kind: 'json' | 'csv' | 'ckpt') =>
  trialKey(sweepId, trialId, `rungs/${nameOf(step)}.${kind}`);

export interface ReachedRung {
  record: RungRecord;
  checkpoint: Checkpoint;
}

/**
 * Commits a rung once: the record is written last and only if nobody of this origin was first, so a rung with a record
 * has a checkpoint and a curve.
 */
export async function commitRung(
  store: Store,
  sweepId: string,
  { record, checkpoint }: ReachedRung,
  origin: Origin,
): Promise<RungRecord> {
  const key = (kind: 'json' | 'csv' | 'ckpt') => rungKey(sweepId, record.trialId, record.steps, kind);
  await store.put(key('ckpt'), encodeCheckpoint(checkpoint, origin));
  await store.put(key('csv'), encodeCurve(checkpoint.curve));
  return putFirst(store, key('json'), record, (there) => differenceFrom(origin, there) === undefined);
}

export const readRung = (store: Store, sweepId: string, trialId: string, step: number) =>
  readWhole<RungRecord>(store, rungKey(sweepId, trialId, step, 'json'));

/**
 * The highest rung that a trial has reached, by the names of its files relative to the trial's folder; undefined: none.
 */
export async function highestRung(
  store: Store,
  sweepId: string,
  trialId: string,
): Promise<{ record: string; curve: string } | undefined> {
  const last = (await store.list(trialKey(sweepId, trialId, 'rungs')))
    .filter((name) => /^step-\d{9}\.json$/.test(name))
    .at(-1);
  return last === undefined ? undefined : { record: `rungs/${last}`, curve: `rungs/${last.replace('.json', '.csv')}` };
}

/** How far a trial without a result has come; undefined: not to a rung. */
export async function readHighestRung(store: Store, sweepId: string, trialId: string): Promise<RungRecord | undefined> {
  const highest = await highestRung(store, sweepId, trialId);
  return highest && readWhole<RungRecord>(store, trialKey(sweepId, trialId, highest.record));
}

/**
 * What a trial that went further, or to its end, had at a rung: the point of its curve. Its end, if that came before.
 */
export async function rungOf(
  store: Store,
  sweepId: string,
  result: TrialResult,
  step: number,
): Promise<TrialResult | RungRecord> {
  if (result.steps <= step) return result;
  const bytes = await store.get(trialKey(sweepId, result.trialId, 'metrics.csv'));
  const curve: CurvePoint[] = bytes === undefined ? [] : decodeCurve(Buffer.from(bytes).toString('utf8'));
  const point = curve.find((one) => one.step === step);
  if (point === undefined) return result;
  const { status: _, ...record } = result;
  return { ...record, steps: step, metrics: point.metrics };
}
