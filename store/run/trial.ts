/** The files of a trial: its result with what comes beside it, or why there is none. */
import type { CurvePoint, TrialFailure, TrialResult, TrialTiming } from '../../core/results.ts';
import { observationsIn } from '../checkpoint.ts';
import { decodeCurve } from '../curve.ts';
import { isObject, pretty, readWhole, trialKey, type OnDamaged } from '../keys.ts';
import type { Store } from '../types.ts';

export const RESULT = 'result.json';
export const FAILURE = 'failure.json';
export const MODEL = 'model.ckpt';
export const CURVE = 'metrics.csv';
export const OBSERVATIONS = 'observations.json';
export const TIMING = 'timing.json';
/**
 * Written before each result, which is nothing without them; the last one looked for is the one that may rightly be
 * missing.
 */
export const BESIDE_RESULT = [MODEL, CURVE, TIMING, OBSERVATIONS] as const;

/** Named by its id, and not by a program that keeps copies. */
const TRIAL_FOLDER = /^[0-9a-f]{20}\/$/;

export async function listTrials(store: Store, sweepId: string): Promise<string[]> {
  return (await store.list(`${sweepId}/trials`))
    .filter((name) => TRIAL_FOLDER.test(name))
    .map((name) => name.slice(0, -1));
}

/** What everybody who reads a result relies on. */
const isResultOf = (trialId: string, value: unknown): value is TrialResult =>
  isObject(value) &&
  value['trialId'] === trialId &&
  (value['status'] === 'completed' || value['status'] === 'diverged') &&
  isObject(value['trial']) &&
  isObject(value['trial']['training']) &&
  isObject(value['metrics']) &&
  Number.isFinite(value['steps']);

/**
 * What a result comes with: which of it is missing; undefined: nothing. Older versions wrote no observations where
 * there were none.
 */
async function missingBeside(store: Store, sweepId: string, trialId: string): Promise<string | undefined> {
  const there = await store.list(trialKey(sweepId, trialId));
  const missing = BESIDE_RESULT.find((file) => !there.includes(file));
  if (missing !== OBSERVATIONS) return missing;
  const network = await store.get(trialKey(sweepId, trialId, MODEL));
  return network !== undefined && observationsIn(network) === 0 ? undefined : OBSERVATIONS;
}

/**
 * The result of a finished trial. One that cannot be read, or has lost its curve, network or another of its files,
 * counts as none, and `onDamaged` hears of it: the trial is trained again.
 */
export async function readResult(
  store: Store,
  sweepId: string,
  trialId: string,
  onDamaged: OnDamaged = () => {},
): Promise<TrialResult | undefined> {
  const key = trialKey(sweepId, trialId, RESULT);
  const result = await readWhole<unknown>(store, key, onDamaged);
  if (result === undefined) return undefined;
  if (!isResultOf(trialId, result)) return void onDamaged(`${store.url}/${key}: not the result of this trial`);
  const missing = await missingBeside(store, sweepId, trialId);
  return missing === undefined ? result : void onDamaged(`${store.url}/${key}: without its ${missing}`);
}
export const readTiming = (store: Store, sweepId: string, trialId: string) =>
  readWhole<TrialTiming>(store, trialKey(sweepId, trialId, TIMING));
export const readFailure = (store: Store, sweepId: string, trialId: string) =>
  readWhole<TrialFailure>(store, trialKey(sweepId, trialId, FAILURE));
export const clearFailure = (store: Store, sweepId: string, trialId: string) =>
  store.remove(trialKey(sweepId, trialId, FAILURE));
export const writeFailure = (store: Store, sweepId: string, failure: TrialFailure) =>
  store.put(trialKey(sweepId, failure.trialId, FAILURE), pretty(failure));

export async function readCurve(store: Store, sweepId: string, trialId: string): Promise<CurvePoint[] | undefined> {
  const bytes = await store.get(trialKey(sweepId, trialId, CURVE));
  return bytes === undefined ? undefined : decodeCurve(Buffer.from(bytes).toString('utf8'));
}

/**
 * Removes what a finished trial keeps where a kill came right after its commit: the way to it, and an earlier failure.
 */
export async function clearLeftovers(store: Store, sweepId: string, trialId: string): Promise<void> {
  const there = await store.list(trialKey(sweepId, trialId));
  for (const name of ['attempts', 'rungs', FAILURE])
    if (there.includes(name) || there.includes(`${name}/`)) await store.remove(trialKey(sweepId, trialId, name));
}
