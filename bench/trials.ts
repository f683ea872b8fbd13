/** Finished trials of a sweep, and what their times say of the slots that trained them. */
import type { TrialResult, TrialTiming } from '../core/results.ts';
import type { Store } from '../store/index.ts';
import { listSweeps, listTrials, readResult, readTiming } from '../store/runs.ts';

export interface TimedTrial {
  result: TrialResult;
  timing: TrialTiming;
}

/** All trials with a result in the runs folder, in the order in which they began. */
export async function timedTrials(store: Store): Promise<TimedTrial[]> {
  const found: TimedTrial[] = [];
  for (const sweep of await listSweeps(store)) {
    for (const id of await listTrials(store, sweep)) {
      const [result, timing] = [await readResult(store, sweep, id), await readTiming(store, sweep, id)];
      if (result && timing) found.push({ result, timing });
    }
  }
  return found.sort((a, b) => Date.parse(a.timing.startedAt) - Date.parse(b.timing.startedAt));
}

/**
 * Milliseconds that passed between the end of a trial and the start of the next one in the same slot. Each trial is
 * taken to have gone into the slot that had been free for longest; the first in each slot has none before it.
 */
export function gaps(timings: readonly Pick<TrialTiming, 'startedAt' | 'endedAt'>[], slots: number): number[] {
  const freeSince: number[] = [];
  const lost: number[] = [];
  for (const { startedAt, endedAt } of [...timings].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt))) {
    if (freeSince.length === slots) lost.push(Date.parse(startedAt) - (freeSince.shift() as number));
    freeSince.push(Date.parse(endedAt));
    freeSince.sort((a, b) => a - b);
  }
  return lost;
}
