/** What a trial goes on from: checkpoints of its attempts and rungs while it is trained, its model at the end. */
import { UserError } from '../../core/errors.ts';
import type { Checkpoint, CurvePoint, Origin, Resumable } from '../../core/results.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../checkpoint.ts';
import { trialKey } from '../keys.ts';
import type { Store } from '../types.ts';
import { MODEL, RESULT } from './trial.ts';

const stepOf = (key: string) => Number(/(?:^|\/)step-(\d+)\.ckpt$/.exec(key)?.[1] ?? -1);

/** Every checkpoint of a trial on its way, newest first, whatever attempt it is of. */
async function attemptKeys(store: Store, sweepId: string, trialId: string): Promise<string[]> {
  const attempts = trialKey(sweepId, trialId, 'attempts');
  const keys: string[] = [];
  for (const attempt of await store.list(attempts)) {
    for (const file of await store.list(`${attempts}/${attempt}`))
      if (stepOf(file) >= 0) keys.push(`${attempts}/${attempt}${file}`);
  }
  return newestFirst(keys);
}

async function rungCheckpointKeys(store: Store, sweepId: string, trialId: string): Promise<string[]> {
  const rungs = trialKey(sweepId, trialId, 'rungs');
  return (await store.list(rungs)).filter((file) => stepOf(file) >= 0).map((file) => `${rungs}/${file}`);
}

const newestFirst = (keys: string[]) => [...keys].sort((a, b) => stepOf(b) - stepOf(a));

/** Of rungs and attempts. */
async function allKeys(store: Store, sweepId: string, trialId: string): Promise<string[]> {
  const keys = await Promise.all([rungCheckpointKeys(store, sweepId, trialId), attemptKeys(store, sweepId, trialId)]);
  return newestFirst(keys.flat());
}

export interface CheckpointOptions {
  /** Not one beyond this step; left out: the newest there is. */
  upTo?: number;
  onDamaged?(key: string, why: string): void;
}

const isSame = (a: Origin, b: Origin | undefined) => a.backend === b?.backend && a.replayed === b.replayed;

export const isResumable = (checkpoint: Checkpoint): checkpoint is Resumable => checkpoint.state !== undefined;

/**
 * The newest checkpoint of this origin that is whole and can be gone on from; a damaged one falls back to the one
 * before, and `onDamaged` hears of it.
 */
export async function latestCheckpoint(
  store: Store,
  sweepId: string,
  trialId: string,
  origin: Origin,
  { upTo = Infinity, onDamaged }: CheckpointOptions = {},
): Promise<Resumable | undefined> {
  for (const key of (await allKeys(store, sweepId, trialId)).filter((one) => stepOf(one) <= upTo)) {
    try {
      const bytes = await store.get(key);
      const found = bytes && decodeCheckpoint(bytes);
      if (found && isSame(origin, found.origin) && isResumable(found.checkpoint)) return found.checkpoint;
    } catch (error) {
      onDamaged?.(`${store.url}/${key}`, (error as Error).message);
    }
  }
  return undefined;
}

/** As far as a trial on its way has saved it, whoever trains it. */
export async function savedCurve(store: Store, sweepId: string, trialId: string): Promise<CurvePoint[] | undefined> {
  for (const key of await allKeys(store, sweepId, trialId)) {
    try {
      const bytes = await store.get(key);
      if (bytes !== undefined) return decodeCheckpoint(bytes).checkpoint.curve;
    } catch {
      continue; // a damaged one: the one before says nearly as much
    }
  }
  return undefined;
}

export interface Attempt {
  attempt: string;
  origin: Origin;
}

/**
 * Writes an attempt's checkpoint, into a folder of its own, and keeps the last two up to it, of all attempts. Those
 * further on are damaged or of another origin, or it would have begun there: they stay, so that this one's own are the
 * last two. Of a trial that has its result nothing stays.
 */
export async function saveCheckpoint(
  store: Store,
  sweepId: string,
  trialId: string,
  checkpoint: Checkpoint,
  { attempt, origin }: Attempt,
): Promise<void> {
  const name = `step-${String(checkpoint.step).padStart(9, '0')}.ckpt`;
  await store.put(trialKey(sweepId, trialId, `attempts/${attempt}/${name}`), encodeCheckpoint(checkpoint, origin));
  const upTo = (await attemptKeys(store, sweepId, trialId)).filter((key) => stepOf(key) <= checkpoint.step);
  for (const key of upTo.slice(2)) await store.remove(key);
  // An attempt that was taken for lost may come back once another one has committed the trial, and cleared its place.
  if ((await store.get(trialKey(sweepId, trialId, RESULT))) !== undefined)
    await store.remove(trialKey(sweepId, trialId, 'attempts'));
}

/** What was trained, at its last step. Throws a UserError that names a damaged one. */
export async function readModel(store: Store, sweepId: string, trialId: string): Promise<Checkpoint | undefined> {
  const key = trialKey(sweepId, trialId, MODEL);
  const bytes = await store.get(key);
  try {
    return bytes && decodeCheckpoint(bytes).checkpoint;
  } catch (error) {
    throw new UserError(
      `${store.url}/${key}: ${(error as Error).message}; remove the trial's folder and start the sweep again, to have it trained anew`,
    );
  }
}
