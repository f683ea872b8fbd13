/**
 * Snapshots -> views. What an interface needs beyond a snapshot: which trials ended meanwhile, their numbers, how fast
 * it goes, when it will be done.
 */
import { summarize, trialRows, type SummaryRow } from '../core/aggregate.ts';
import { countTrials, plannedTrials, type PlannedTrial, type Suggestions } from '../core/plan.ts';
import type { JobProgress, SweepSnapshot, TrialResult } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { listTrials, readFailure, readResult, readTiming } from '../store/runs.ts';
import { readSuggestions } from '../store/trials.ts';
import { secondsLeft, smooth, type Finished } from './eta.ts';
import type { EndedTrial, View } from './view.ts';

/**
 * A larger sweep is shown by its counts and what runs, without its table, its end and a line for each trial: they walk
 * over all trials at every change.
 */
export const MOST_TRIALS = 2000;
/** Speed is measured over this much of the past, in milliseconds. */
const RECENT = 30_000;

/** What is new to whoever looks on. */
export interface ViewUpdate {
  view: View;
  /** Since the snapshot before; with the first snapshot, all that had ended before anybody looked. */
  ended: EndedTrial[];
  first: boolean;
}

export interface TrackRequest {
  spec: SweepSpec;
  store: Store;
  snapshots: AsyncIterable<SweepSnapshot>;
  /**
   * When the command began, if it began the sweep; left out: when the server says that it began, else the display's own
   * time counts.
   */
  began?: number | undefined;
  /** The clock, in milliseconds. */
  now?: () => number;
}

/** Snapshots -> views, with what the store knows of the trials that ended. */
export async function* track({
  spec,
  store,
  snapshots,
  began,
  now = Date.now,
}: TrackRequest): AsyncGenerator<ViewUpdate> {
  const total = countTrials(spec);
  const planned = new Map<string, PlannedTrial>();
  let suggestions: Suggestions | undefined;
  async function readPlan(sweepId: string): Promise<void> {
    suggestions = await readSuggestions(store, sweepId, spec);
    for (const trial of plannedTrials(spec, suggestions)) planned.set(trial.trialId, trial);
  }

  const results = new Map<string, TrialResult>();
  const failures = new Set<string>();
  const finished: Finished[] = [];
  const labels = new Map<string, string>();
  const startedAt = new Map<string, number>();
  let known = -1;
  let summary: SummaryRow[] = [];
  let slots = 1;
  let left: number | undefined;
  const opened = now();
  let before = opened;
  const speed = speedometer();

  async function readEnded(sweepId: string): Promise<EndedTrial[]> {
    const ended: EndedTrial[] = [];
    for (const trialId of await listTrials(store, sweepId)) {
      if (results.has(trialId)) continue;
      const label = planned.get(trialId)?.label ?? labels.get(trialId) ?? trialId;
      const result = await readResult(store, sweepId, trialId);
      if (result !== undefined) {
        results.set(trialId, result);
        failures.delete(trialId);
        const timing = await readTiming(store, sweepId, trialId);
        const configuration = planned.get(trialId)?.configuration;
        if (timing && configuration) finished.push({ configuration, seconds: timing.seconds });
        ended.push({ trialId, label, status: result.status, steps: result.steps, metrics: result.metrics });
      } else if (!failures.has(trialId)) {
        const failure = await readFailure(store, sweepId, trialId);
        if (failure === undefined) continue;
        failures.add(trialId);
        ended.push({ trialId, label, status: 'failed', steps: 0, metrics: {}, message: failure.message });
      }
    }
    return ended;
  }

  for await (const given of snapshots) {
    const at = now();
    const { sweepId, completed, failed } = given;
    // In the order in which they were first seen, so that a trial keeps its line.
    const running = inOrder(given.running, startedAt);
    const snapshot = { ...given, running };
    for (const { trialId, label } of running) {
      labels.set(trialId, label);
      if (!startedAt.has(trialId)) startedAt.set(trialId, at);
    }
    slots = Math.max(running.length, slots - (running.length < slots && running.length > 0 ? 1 : 0));
    let ended: EndedTrial[] = [];
    const first = known === -1;
    if (completed + failed !== known) {
      known = completed + failed;
      if (total <= MOST_TRIALS) {
        if (first || suggestions !== undefined) await readPlan(sweepId);
        ended = await readEnded(sweepId);
        summary = summarize(trialRows(spec, results, failures, new Map(), suggestions), spec.program?.metrics);
      }
    }
    const waiting = [...planned.values()].filter(({ trialId }) => !results.has(trialId) && !failures.has(trialId));
    const guess =
      total > MOST_TRIALS
        ? undefined
        : secondsLeft(
            finished,
            waiting.map(({ trialId, configuration }) => ({
              configuration,
              spent: (at - (startedAt.get(trialId) ?? at)) / 1000,
            })),
            slots,
          );
    left = smooth(left, guess, (at - before) / 1000);
    before = at;
    const stepsPerSecond = speed(at, snapshot, first ? [] : ended);
    const since = began ?? (snapshot.startedAt === undefined ? undefined : Date.parse(snapshot.startedAt));
    yield {
      view: {
        spec,
        snapshot,
        summary,
        began: since ?? opened,
        whole: since !== undefined,
        seen: at,
        ...(left !== undefined && { left }),
        ...(stepsPerSecond !== undefined && { stepsPerSecond }),
      },
      ended,
      first,
    };
  }
}

/** The view of one snapshot, as whoever looks first sees it. */
export async function viewOf({
  snapshot,
  ...request
}: Pick<TrackRequest, 'spec' | 'store'> & { snapshot: SweepSnapshot }): Promise<View> {
  async function* once() {
    yield snapshot;
  }
  const { value } = await track({ ...request, snapshots: once() }).next();
  return (value as ViewUpdate).view;
}

function inOrder(running: readonly JobProgress[], startedAt: ReadonlyMap<string, number>): JobProgress[] {
  const places = new Map([...startedAt.keys()].map((trialId, i) => [trialId, i]));
  const place = ({ trialId }: JobProgress) => places.get(trialId) ?? places.size;
  return [...running].sort((a, b) => place(a) - place(b));
}

/** Steps a second over the recent past; undefined until something has moved. */
function speedometer() {
  const steps = new Map<string, number>();
  const moves: { at: number; moved: number }[] = [];
  let begun: number | undefined;
  return (at: number, { running }: SweepSnapshot, ended: readonly EndedTrial[]): number | undefined => {
    let moved = 0;
    for (const { trialId, step } of [...running, ...ended.map(({ trialId, steps: step }) => ({ trialId, step }))]) {
      // A trial seen for the first time may come from a checkpoint: only what is watched counts.
      moved += Math.max(0, step - (steps.get(trialId) ?? step));
      steps.set(trialId, step);
    }
    moves.push({ at, moved });
    while (moves.length > 1 && (moves[0]?.at ?? at) < at - RECENT) moves.shift();
    begun ??= at;
    const span = Math.min(RECENT, at - begun) / 1000;
    const sum = moves.slice(1).reduce((s, move) => s + move.moved, 0);
    return span < 2 || sum === 0 ? undefined : sum / span;
  };
}
