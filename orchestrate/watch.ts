/** Looking on at a sweep that somebody else has begun, or that has ended. */
import { countTrials } from '../core/plan.ts';
import type { SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import { connect } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { readOutcome, specOf } from '../store/runs.ts';
import { followSweep } from './follow.ts';
import { storedSnapshot } from './snapshot.ts';
import { sweepUrl } from './workflow.ts';

export interface Watched {
  spec: SweepSpec;
  sweepId: string;
  total: number;
  /** False: it has ended, and there is one snapshot of it. */
  running: boolean;
  /** Where the Temporal UI shows it. */
  url?: string;
  snapshots: AsyncIterable<SweepSnapshot>;
}

/** Of a sweep that has ended, the runs folder tells all; for another one there must be a server. */
export async function watchSweep(store: Store, sweepId: string, signal: AbortSignal): Promise<Watched> {
  const spec = await specOf(store, sweepId);
  const known = { spec, sweepId, total: countTrials(spec) };
  if ((await readOutcome(store, sweepId)) !== undefined)
    return { ...known, running: false, snapshots: once(() => storedSnapshot(store, sweepId, spec)) };
  const target = await connect({ start: false, signal });
  const url = await sweepUrl(target, store, sweepId);
  const revive = () => connect({ start: false, signal });
  const snapshots = followSweep(target, store, sweepId, { signal, revive });
  return { ...known, running: true, ...(url !== undefined && { url }), snapshots };
}

async function* once<T>(make: () => Promise<T>): AsyncGenerator<T> {
  yield await make();
}
