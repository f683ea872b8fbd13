/** `origin.json`: what trains a sweep's trials, so that whoever goes on with it, on any machine, goes on with that. */
import type { Origin } from '../../core/results.ts';
import { isObject, putFirst, readWhole } from '../keys.ts';
import type { Store } from '../types.ts';
import { listTrials } from './trial.ts';

export interface PinnedOrigin extends Origin {
  accelerator: 'cpu' | 'gpu';
}

const keyOf = (sweepId: string) => `${sweepId}/origin.json`;

/** Undefined: none is kept, or not whole. Then any may train it, and the next start says which. */
export async function readOrigin(store: Store, sweepId: string): Promise<PinnedOrigin | undefined> {
  const there = await readWhole<PinnedOrigin>(store, keyOf(sweepId));
  return isObject(there) && typeof there.backend === 'string' && typeof there.replayed === 'boolean'
    ? there
    : undefined;
}

/** The same where it is not to be changed any more: something has been trained. */
export async function standingOrigin(store: Store, sweepId: string): Promise<PinnedOrigin | undefined> {
  const there = await readOrigin(store, sweepId);
  return there !== undefined && (await listTrials(store, sweepId)).length > 0 ? there : undefined;
}

/** Keeps what is to train the sweep, and says what stands. `chosen`: somebody has asked for this one, whatever was. */
export async function pinOrigin(
  store: Store,
  sweepId: string,
  own: PinnedOrigin,
  chosen: boolean,
): Promise<PinnedOrigin> {
  const standing = chosen ? undefined : await standingOrigin(store, sweepId);
  if (standing !== undefined) return standing;
  const { backend, replayed, accelerator } = own;
  const same = (there: PinnedOrigin) =>
    there.backend === backend && there.replayed === replayed && there.accelerator === accelerator;
  return putFirst(store, keyOf(sweepId), { backend, replayed, accelerator }, same);
}
