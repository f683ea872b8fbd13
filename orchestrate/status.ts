/** How sweeps are now: from the server if one answers, else from the runs folder alone. */
import { UserError } from '../core/errors.ts';
import { countTrials } from '../core/plan.ts';
import { hasEnded } from '../core/progress.ts';
import type { Leader, SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import { connect, isServerExpected, type TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { readWhole } from '../store/keys.ts';
import { readAhead } from '../store/read-ahead.ts';
import { readOutcome, specOf } from '../store/runs.ts';
import { storedTrials } from '../store/trials.ts';
import { followSweep } from './follow.ts';
import { storedSnapshot } from './snapshot.ts';
import { MOST_TRIALS, viewOf } from './track.ts';
import type { EndedTrial, View } from './view.ts';
import { sweepUrl } from './workflow.ts';

/** What can be said of a sweep now, from the server or the runs folder. */
export interface SweepStatus {
  sweepId: string;
  spec: SweepSpec;
  /** unfinished: the runs folder has no end of it, and no server or worker says that it runs. */
  state: SweepSnapshot['state'] | 'unfinished';
  snapshot: SweepSnapshot;
  /** Where the Temporal UI shows it. */
  url?: string;
}

/** A server or worker that has not answered after this long, in milliseconds, will not. */
const PATIENCE = 5000;

/** A longer list of trials that failed or diverged is no help: report/results.csv has them all. */
const MOST_BAD = 20;

/** A sweep of which nothing can be said but why. */
export interface DamagedSweep {
  sweepId: string;
  state: 'damaged';
  message: string;
}

/**
 * Sweep by sweep, a few at a time. Asks the server, if there is one, about those whose end the runs folder does not
 * know.
 */
export async function* statusesOf(
  store: Store,
  sweepIds: readonly string[],
  onWarning: (message: string) => void,
): AsyncGenerator<SweepStatus | DamagedSweep> {
  let asked: Promise<TemporalTarget | undefined> | undefined;
  yield* readAhead(sweepIds, async (sweepId): Promise<SweepStatus | DamagedSweep> => {
    try {
      return await statusFrom(store, sweepId, () => (asked ??= reachableServer(onWarning)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { sweepId, state: 'damaged', message: error.message };
    }
  });
}

/** Throws a UserError where nothing can be said of it. */
export const statusOf = (store: Store, sweepId: string, onWarning: (message: string) => void): Promise<SweepStatus> =>
  statusFrom(store, sweepId, () => reachableServer(onWarning));

async function statusFrom(
  store: Store,
  sweepId: string,
  server: () => Promise<TemporalTarget | undefined>,
): Promise<SweepStatus> {
  const outcome = await readOutcome(store, sweepId);
  const spec = await specOf(store, sweepId);
  const target = outcome === undefined ? await server() : undefined;
  const live = target && (await answeredSnapshot(target, store, sweepId));
  const snapshot = live ?? (await storedSnapshot(store, sweepId, spec));
  const url = target && (await sweepUrl(target, store, sweepId));
  const state = outcome === undefined && live === undefined ? ('unfinished' as const) : snapshot.state;
  return { sweepId, spec, state, snapshot, ...(url !== undefined && { url }) };
}

/** Without one, the runs folder tells what it can; that there should be one is told beside it. */
async function reachableServer(onWarning: (message: string) => void): Promise<TemporalTarget | undefined> {
  try {
    return await connect({ start: false });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (await isServerExpected()) onWarning(error.message);
    return undefined;
  }
}

async function answeredSnapshot(
  target: TemporalTarget,
  store: Store,
  sweepId: string,
): Promise<SweepSnapshot | undefined> {
  try {
    for await (const snapshot of followSweep(target, store, sweepId, { signal: AbortSignal.timeout(PATIENCE) }))
      return snapshot;
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // the server does not know it
  }
  return undefined;
}

async function startedAt(store: Store, sweepId: string): Promise<Date | undefined> {
  const last = (await readWhole<{ starts: { at: string }[] }>(store, `${sweepId}/provenance.json`))?.starts.at(-1);
  return last && new Date(last.at);
}

/** What a line of a list of sweeps says beside the status. */
export interface SweepSummary {
  /** The configuration that ranks first; undefined: there is none, or finding it would take long. */
  leader?: Leader;
  startedAt?: Date;
}

export async function summaryOf(store: Store, { sweepId, spec, snapshot }: SweepStatus): Promise<SweepSummary> {
  // Of a sweep that runs, by what lies in its folder.
  const stored = async () =>
    countTrials(spec) > MOST_TRIALS ? undefined : (await storedSnapshot(store, sweepId, spec)).leader;
  const leader = snapshot.leader ?? (await stored());
  const at = await startedAt(store, sweepId);
  return { ...(leader && { leader }), ...(at && { startedAt: at }) };
}

/** What a page of one sweep says beside the status. */
export interface SweepDetails {
  /** The snapshot with its numbers. */
  view: View;
  startedAt?: Date;
  hasReport: boolean;
}

export async function detailsOf(store: Store, { sweepId, spec, snapshot }: SweepStatus): Promise<SweepDetails> {
  const view = await viewOf({ spec, store, snapshot });
  const at = await startedAt(store, sweepId);
  return { view, ...(at && { startedAt: at }), hasReport: await hasReport(store, sweepId) };
}

export const hasReport = async (store: Store, sweepId: string): Promise<boolean> =>
  (await store.list(`${sweepId}/report`)).includes('report.html');

/** The first trials that failed or diverged, and why. */
export async function firstBad(
  store: Store,
  { sweepId, spec, snapshot: { failed, diverged } }: SweepStatus,
): Promise<EndedTrial[]> {
  const bad: EndedTrial[] = [];
  const of = failed + diverged;
  if (of === 0) return bad;
  for await (const { trialId, label, found } of storedTrials(store, sweepId, spec)) {
    if (found === undefined) continue;
    if ('message' in found)
      bad.push({ trialId, label, status: 'failed', steps: 0, metrics: {}, message: found.message });
    else if (hasEnded(found) && found.status === 'diverged')
      bad.push({ trialId, label, status: 'diverged', steps: found.steps, metrics: {} });
    if (bad.length === Math.min(of, MOST_BAD)) break;
  }
  return bad;
}
