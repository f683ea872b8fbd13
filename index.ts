/**
 * Sweeps from a program: what `sweep start`, `watch`, `pause`, `extend`, `cancel` and `report` do, without a terminal.
 *
 *     import { startSweep } from 'temporal-sweep';
 *     const sweep = await startSweep({ name: 'memory', task: { name: 'palindrome' }, … });
 *     for await (const { snapshot } of sweep.follow()) console.log(snapshot.completed, 'of', snapshot.total);
 *     console.log(await sweep.best());
 */
import { summarize, type SummaryRow, type TrialRow } from './core/aggregate.ts';
import type { sweepForm } from './core/form/sweep.ts';
import type { NamedOptions, WrittenOf } from './core/form/types.ts';
import type { Json } from './core/json.ts';
import type { SchedulerName } from './core/schedulers/index.ts';
import type { SearchName } from './core/search/index.ts';
import type { SweepSnapshot } from './core/results.ts';
import type { SweepSpec } from './core/spec.ts';
import { ranked } from './core/standing.ts';
import type { CellName } from './models/cells/index.ts';
import type { OptimizerName } from './models/optimizers/index.ts';
import type { TaskName } from './models/tasks/index.ts';
import { beginSweep, type MachineRequest } from './orchestrate/begin.ts';
import { cancelSweep, type Cancelled } from './orchestrate/cancel.ts';
import { findSweep } from './orchestrate/find-sweep.ts';
import { statusOf, type SweepStatus } from './orchestrate/status.ts';
import { extendSweep, steerSweep, type Extended } from './orchestrate/steer.ts';
import { track } from './orchestrate/track.ts';
import type { View } from './orchestrate/view.ts';
import { watchSweep } from './orchestrate/watch.ts';
import { writeReport } from './reports/report.ts';
import { DEFAULT_RUNS } from './store/command.ts';
import { openStore, type Store } from './store/index.ts';
import { specOf } from './store/runs.ts';
import { rowOf, storedTrials } from './store/trials.ts';
import { loadSweep, parseSweep } from './sweep-file/index.ts';

export { UserError } from './core/errors.ts';
export type { Cancelled, Extended, SummaryRow, SweepSnapshot, SweepSpec, SweepStatus, TrialRow, View };

type Written = WrittenOf<typeof sweepForm>;
/** Those that there are, for editors to offer. */
type Known<Name extends string> = Name | (string & {});

/** A sweep as a sweep file has it: docs/sweep-file.md says what each key means and what it is where it is left out. */
export interface SweepDefinition extends Omit<Written, 'task' | 'model' | 'training' | 'search' | 'scheduler'> {
  /** What is learned, with the task's own options. */
  task: Written['task'] & { name?: Known<TaskName> };
  /** The network, with the cell's own options. */
  model: Written['model'] & { cell?: Known<CellName> };
  /** How it is trained, with the optimizer's own options. */
  training?: Written['training'] & { optimizer?: Known<OptimizerName> };
  /** Which configurations of the space are tried. */
  search?: NamedOptions & { name: Known<SearchName> };
  /** Which trials go on, and how far. */
  scheduler?: NamedOptions & { name: Known<SchedulerName> };
}

/** The sweep as it is: for editors, which then complete and check it where it is written. */
export const defineSweep = (sweep: SweepDefinition): SweepDefinition => sweep;

export interface OpenOptions {
  /** Where runs live; left out: `./runs`. */
  runs?: string;
}

export interface StartOptions extends OpenOptions, Partial<Omit<MachineRequest, 'signal'>> {
  /** What the sweep is called; left out: its name and a hash of what it is. */
  id?: string;
  /** False: train every trial, also those that other sweeps of the runs folder have trained. */
  cache?: boolean;
  /** Ends the preparations; what has begun goes on. */
  signal?: AbortSignal;
}

export interface FollowOptions {
  /** Ends the looking on, not the sweep. */
  signal?: AbortSignal;
}

/** A sweep that was started, or found. What goes wrong by somebody's mistake throws a UserError of one line. */
export interface Sweep {
  readonly id: string;
  /** With every default filled in; as it was extended last. */
  spec(): Promise<SweepSpec>;
  /** A view every half second, until the sweep has ended: the last one says how (`snapshot.state`). */
  follow(options?: FollowOptions): AsyncGenerator<View>;
  /** The last view: waits until the sweep has ended. */
  ended(options?: FollowOptions): Promise<View>;
  /** How it is now: from the server if one answers, else from the runs folder alone. */
  status(): Promise<SweepStatus>;
  /** A row for every trial, in the plan's order, with what became of it so far. */
  results(): Promise<TrialRow[]>;
  /** The configuration that ranks first by the mean over its repeats; undefined: none has a number yet. */
  best(): Promise<SummaryRow | undefined>;
  /** Trials save a checkpoint and hold, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Adds values, repeats, trials or steps, by dotted path: `{ repeats: 5 }`. What is finished is kept. */
  extend(changes: Readonly<Record<string, Json>>, machine?: Partial<MachineRequest>): Promise<Extended>;
  /** Ends it: finished trials are kept, and reported. */
  cancel(): Promise<Cancelled>;
  /** Writes the report of what there is; the path of its page. */
  report(): Promise<string>;
}

const never = (): AbortSignal => new AbortController().signal;

type Snapshots = (signal: AbortSignal) => Promise<AsyncIterable<SweepSnapshot>>;

function sweepOf(store: Store, id: string, snapshots: Snapshots): Sweep {
  const sweep: Sweep = {
    id,
    spec: () => specOf(store, id),
    async *follow({ signal = never() } = {}) {
      const found = await snapshots(signal);
      for await (const { view } of track({ spec: await sweep.spec(), store, snapshots: found })) yield view;
    },
    async ended(options) {
      let last: View | undefined;
      for await (const view of sweep.follow(options)) last = view;
      options?.signal?.throwIfAborted();
      return last as View; // without a signal, followed to its end
    },
    status: () => statusOf(store, id, () => {}),
    async results() {
      const rows: TrialRow[] = [];
      for await (const trial of storedTrials(store, id, await sweep.spec())) rows.push(rowOf(trial));
      return rows;
    },
    best: async () => ranked(summarize(await sweep.results()), (await sweep.spec()).objective)[0],
    pause: async () => void (await steerSweep(store, id, ['pause'])),
    resume: async () => void (await steerSweep(store, id, ['resume'])),
    extend(changes, machine = {}) {
      const set = Object.entries(changes).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
      return extendSweep(store, id, set, { signal: never(), ...machine });
    },
    cancel: () => cancelSweep(store, id),
    async report() {
      await writeReport(store, id);
      return store.describe(`${id}/report/report.html`);
    },
  };
  return sweep;
}

/**
 * Begins a sweep, or finds it running; of one that has ended it trains what is missing. Installs what is missing on
 * this machine, and starts a server and a worker where there are none: they outlive this process.
 */
export async function startSweep(
  given: SweepDefinition | string,
  { runs = DEFAULT_RUNS, id, ...options }: StartOptions = {},
): Promise<Sweep> {
  const sweep =
    typeof given === 'string' ? await loadSweep(given) : parseSweep(JSON.stringify(given), { origin: 'sweep' });
  const store = openStore(runs);
  const begun = await beginSweep({ signal: never(), ...options, ...sweep, store, sweepId: id });
  return sweepOf(store, begun.sweepId, async (signal) => begun.follow(signal));
}

/** A sweep of the runs folder, by its id, the start of it, or its name. It may run, or have ended. */
export async function openSweep(given: string, { runs = DEFAULT_RUNS }: OpenOptions = {}): Promise<Sweep> {
  const store = openStore(runs);
  const id = await findSweep(store, given);
  return sweepOf(store, id, async (signal) => (await watchSweep(store, id, signal)).snapshots);
}
