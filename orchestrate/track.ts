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
export async function* track({ snapshots, ...request }: TrackRequest): AsyncGenerator<ViewUpdate> {
  const tracker = createTracker(request);
  for await (const snapshot of snapshots) yield await tracker(snapshot);
}

/** The view of one snapshot, as whoever looks first sees it. */
export const viewOf = async ({
  snapshot,
  ...request
}: Pick<TrackRequest, 'spec' | 'store'> & { snapshot: SweepSnapshot }): Promise<View> =>
  (await createTracker(request)(snapshot)).view;

function createTracker({ spec, store, began, now = Date.now }: Omit<TrackRequest, 'snapshots'>) {
  const isTable = countTrials(spec) <= MOST_TRIALS;
  const opened = now();
  const trials = trialsOf(spec, store);
  const running = runningOf();
  const clock = countdown(opened);
  const speed = speedometer();
  let known = -1;
  let summary: SummaryRow[] = [];

  return async (given: SweepSnapshot): Promise<ViewUpdate> => {
    const at = now();
    const snapshot = { ...given, running: running.see(given.running, at) };
    const first = known === -1;
    const count = given.completed + given.failed;
    const isNews = count !== known && isTable;
    known = count;
    const ended = isNews ? await trials.readEnded(given.sweepId, running.labels) : [];
    if (isNews) summary = trials.summary();
    const left = clock(at, isTable ? trials.secondsLeft(running.slots(), (id) => running.spent(id, at)) : undefined);
    const stepsPerSecond = speed(at, snapshot, first ? [] : ended);
    const since = began ?? (snapshot.startedAt === undefined ? undefined : Date.parse(snapshot.startedAt));
    const view = {
      spec,
      snapshot,
      summary,
      began: since ?? opened,
      whole: since !== undefined,
      seen: at,
      ...(left !== undefined && { left }),
      ...(stepsPerSecond !== undefined && { stepsPerSecond }),
    };
    return { view, ended, first };
  };
}

/** The trials of a sweep that is small enough: what was planned, and what the store has of it. */
function trialsOf(spec: SweepSpec, store: Store) {
  const planned = new Map<string, PlannedTrial>();
  let suggestions: Suggestions | undefined;
  const results = new Map<string, TrialResult>();
  const failures = new Set<string>();
  const finished: Finished[] = [];
  let isPlanRead = false;

  /** Once; and again where a search learns, which goes on as long as the sweep does. */
  async function readPlan(sweepId: string): Promise<void> {
    if (isPlanRead && suggestions === undefined) return;
    isPlanRead = true;
    suggestions = await readSuggestions(store, sweepId, spec);
    for (const trial of plannedTrials(spec, suggestions)) planned.set(trial.trialId, trial);
  }

  async function readOne(sweepId: string, trialId: string, label: string): Promise<EndedTrial | undefined> {
    const result = await readResult(store, sweepId, trialId);
    if (result !== undefined) {
      results.set(trialId, result);
      failures.delete(trialId);
      const timing = await readTiming(store, sweepId, trialId);
      const configuration = planned.get(trialId)?.configuration;
      if (timing && configuration) finished.push({ configuration, seconds: timing.seconds });
      return { trialId, label, status: result.status, steps: result.steps, metrics: result.metrics };
    }
    if (failures.has(trialId)) return undefined;
    const failure = await readFailure(store, sweepId, trialId);
    if (failure === undefined) return undefined;
    failures.add(trialId);
    return { trialId, label, status: 'failed', steps: 0, metrics: {}, message: failure.message };
  }

  return {
    /** Those that have ended since this was asked last. */
    async readEnded(sweepId: string, labels: ReadonlyMap<string, string>): Promise<EndedTrial[]> {
      await readPlan(sweepId);
      const ended: EndedTrial[] = [];
      for (const trialId of await listTrials(store, sweepId)) {
        if (results.has(trialId)) continue;
        const label = planned.get(trialId)?.label ?? labels.get(trialId) ?? trialId;
        const one = await readOne(sweepId, trialId, label);
        if (one !== undefined) ended.push(one);
      }
      return ended;
    },
    summary: () => summarize(trialRows(spec, results, failures, new Map(), suggestions), spec.program?.metrics),
    /** `spent`: seconds that a trial has been training already. */
    secondsLeft(slots: number, spent: (trialId: string) => number): number | undefined {
      const waiting = [...planned.values()].filter(({ trialId }) => !results.has(trialId) && !failures.has(trialId));
      return secondsLeft(
        finished,
        waiting.map(({ trialId, configuration }) => ({ configuration, spent: spent(trialId) })),
        slots,
      );
    },
  };
}

/** What is in training: in the order in which it was first seen, so that a trial keeps its line. */
function runningOf() {
  const labels = new Map<string, string>();
  const startedAt = new Map<string, number>();
  let slots = 1;
  return {
    labels: labels as ReadonlyMap<string, string>,
    see(given: readonly JobProgress[], at: number): JobProgress[] {
      const running = inOrder(given, startedAt);
      for (const { trialId, label } of running) {
        labels.set(trialId, label);
        if (!startedAt.has(trialId)) startedAt.set(trialId, at);
      }
      slots = Math.max(running.length, slots - (running.length < slots && running.length > 0 ? 1 : 0));
      return running;
    },
    /** How many are trained at a time, as far as it was seen: fewer for a moment are no fewer slots. */
    slots: () => slots,
    spent: (trialId: string, at: number): number => (at - (startedAt.get(trialId) ?? at)) / 1000,
  };
}

/** Seconds left, as a clock that does not jump. */
function countdown(opened: number) {
  let left: number | undefined;
  let before = opened;
  return (at: number, guess: number | undefined): number | undefined => {
    left = smooth(left, guess, (at - before) / 1000);
    before = at;
    return left;
  };
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
