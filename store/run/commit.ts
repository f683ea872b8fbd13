/** How a trial gets its result: from who has trained it, or from another sweep. The result is written last. */
import { canonicalJson } from '../../core/json.ts';
import type { Checkpoint, CurvePoint, Origin, TrialResult, TrialTiming } from '../../core/results.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts';
import { decodeCurve, encodeCurve } from '../curve.ts';
import { pretty, putFirst, trialKey } from '../keys.ts';
import type { Store } from '../types.ts';
import { differenceFrom } from './origin.ts';
import { listSweeps } from './sweep.ts';
import { BESIDE_RESULT, CURVE, FAILURE, MODEL, OBSERVATIONS, readResult, RESULT, TIMING } from './trial.ts';

/** A result that has lost its files may be of another origin than those that take their place. */
const isSameAs = (result: TrialResult) => (there: TrialResult) => canonicalJson(there) === canonicalJson(result);

export interface FinishedTrial {
  result: TrialResult;
  timing: TrialTiming;
  curve: CurvePoint[];
  model: Checkpoint;
}

/**
 * Commits a finished trial once: `result.json` is written last and only if nobody was first with one that is whole, so
 * a trial with a result is whole. Same trial, same result: whoever comes second has nothing to add. Returns what now
 * stands there.
 */
export async function commitTrial(
  store: Store,
  sweepId: string,
  { result, timing, curve, model }: FinishedTrial,
): Promise<TrialResult> {
  const key = (file: string) => trialKey(sweepId, result.trialId, file);
  let standing = await readResult(store, sweepId, result.trialId);
  if (standing === undefined) {
    await Promise.all([
      // at once: each waits for the disk
      store.put(key(MODEL), encodeCheckpoint(model, result)),
      store.put(key(CURVE), encodeCurve(curve)),
      store.put(key(OBSERVATIONS), pretty(model.observations)),
      store.put(key(TIMING), pretty(timing)),
    ]);
    standing = await putFirst(store, key(RESULT), result, isSameAs(result));
    await store.remove(key(FAILURE));
  }
  await store.remove(key('attempts'));
  await store.remove(key('rungs'));
  return standing;
}

interface Taken {
  result: TrialResult;
  files: [name: string, bytes: Uint8Array][];
}

/**
 * A finished trial of one sweep with all its files; undefined where it has none of this origin, or its network or curve
 * is damaged.
 */
async function takeTrial(store: Store, sweepId: string, trialId: string, origin: Origin): Promise<Taken | undefined> {
  const result = await readResult(store, sweepId, trialId);
  if (result === undefined || differenceFrom(origin, result) !== undefined) return undefined;
  const all = await Promise.all(
    BESIDE_RESULT.map(async (file) => [file, await store.get(trialKey(sweepId, trialId, file))] as const),
  );
  const files = all.flatMap(([name, bytes]): Taken['files'] => (bytes === undefined ? [] : [[name, bytes]]));
  const { [MODEL]: network = Buffer.of(), [CURVE]: curve = Buffer.of() } = Object.fromEntries(files);
  decodeCurve(Buffer.from(curve).toString('utf8'));
  return decodeCheckpoint(network).checkpoint.step === result.steps ? { result, files } : undefined;
}

/**
 * A result of the same trial and origin from one of the other sweeps of the runs folder, copied into this one;
 * undefined where there is none.
 */
export async function adoptTrial(
  store: Store,
  sweepId: string,
  trialId: string,
  origin: Origin,
  sweeps?: readonly string[],
): Promise<TrialResult | undefined> {
  for (const other of sweeps ?? (await listSweeps(store))) {
    if (other === sweepId) continue;
    // What is wrong with the files of another sweep, damaged or not to be read, keeps no trial of this one from being
    // trained.
    const taken = await takeTrial(store, other, trialId, origin).catch(() => undefined);
    if (taken === undefined) continue;
    for (const [file, bytes] of taken.files) await store.put(trialKey(sweepId, trialId, file), bytes);
    return putFirst(store, trialKey(sweepId, trialId, RESULT), taken.result, isSameAs(taken.result)); // last, as in a commit
  }
  return undefined;
}
