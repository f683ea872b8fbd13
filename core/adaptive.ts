/**
 * A sweep whose trials depend on one another (a scheduler that stops some, a search that learns): the next repeat to
 * train comes out, what came of it goes in. A configuration is judged once all its repeats are in, on their mean. The
 * state is plain JSON. Every step is an entry of the record, and going through the record again gives the state again.
 */
import { canonicalJson, type Json } from './json.ts';
import { countTrials, countWithin, plannedTrial, type PlannedTrial, type Suggestions } from './plan.ts';
import {
  meanObjective,
  schedulerOf,
  settingOf,
  type Assignment,
  type Decision,
  type RungReport,
  type Scheduler,
  type SchedulerSetting,
} from './schedulers/index.ts';
import { searchOf, type Configuration, type Search, type TriedConfiguration } from './search/index.ts';
import type { SweepSpec } from './spec.ts';

/** An assignment was handed out, and why; with the configuration where the search chose it then. */
export interface HandedOut {
  assignment: Assignment;
  decision: Decision;
  suggested?: Configuration;
}
/** A rung's repeats are all in: what they came to, and what the scheduler made of it. */
export interface Arrived {
  report: RungReport;
  decisions: Decision[];
}
/** One step of an adaptive sweep, in the order in which they happened. */
export type RecordEntry = HandedOut | Arrived;

/** One repeat of a rung: to be trained, being trained, or in. */
type Repeat = 'waiting' | 'training' | Arrival;
interface OpenRung {
  assignment: Assignment;
  repeats: Repeat[];
}

export interface AdaptiveState {
  /** How many the budget allows; left out: from before that was kept, when they were rounded up. */
  configurations?: number;
  scheduler: Json;
  /** Rungs that were handed out and are not in. */
  open: OpenRung[];
  /** Of configurations with some repeats that have ended by themselves, those: they are not trained again. */
  ended: Record<string, Record<string, number | null>>;
  /** What the search chose, by configuration. */
  suggested: Record<string, Configuration>;
  /** What the search learns from. */
  history: TriedConfiguration[];
  /** Entries of the record so far. */
  entries: number;
}

/** One repeat of a configuration, to be trained up to a rung. */
export interface Turn {
  configuration: number;
  repeat: number;
  rung: number;
  toStep: number;
}

/** Of a repeat that is in: its objective (null: it diverged or failed), and whether more steps would change nothing. */
export interface Arrival {
  objective: number | null;
  ended: boolean;
}

export interface Taken {
  /** With the last repeat of a rung: what the scheduler made of them all. */
  entry?: Arrived;
  /** Repeats that were stopped by it before they ended by themselves. */
  stopped: number;
}

/**
 * Runs an adaptive sweep: a workflow with jobs, the simulator with a virtual clock, an audit with a record. It asks no
 * clock and draws nothing, so the same arrivals in the same order give the same entries.
 */
export interface AdaptiveDriver {
  /** The next repeat to train; undefined: none until something comes in, and if nothing is in training, none at all. */
  next(): { turn: Turn; entry?: HandedOut } | undefined;
  /** Takes in what came of a repeat. */
  take(turn: Turn, arrival: Arrival): Taken;
  /**
   * Hands out the scheduler's next assignment, whether or not repeats of others still wait; undefined: it has none now.
   */
  handOut(): HandedOut | undefined;
  /** Takes in a whole rung. */
  arrive(report: RungReport): Taken & { entry: Arrived };
  /** The values of a configuration that was handed out. */
  configurationOf(index: number): Configuration;
  trialOf(turn: Pick<Turn, 'configuration' | 'repeat'>): PlannedTrial;
  /** What it goes on from: what is in training waits again. */
  state(): AdaptiveState;
}

export interface DriverOptions {
  /** Where to go on from; left out: the beginning. */
  state?: AdaptiveState | undefined;
  /** What decides, and what it knows of the sweep; left out: as the spec says. */
  scheduler?: Scheduler;
  setting?: SchedulerSetting;
  /** What the search chose for a configuration, where that is on record; left out: the search chooses. */
  suggested?: ((configuration: number) => Configuration | undefined) | undefined;
}

/** How many configurations the budget allows. */
const configurationsWithin = (spec: SweepSpec) => countWithin(spec) / spec.repeats;
/** The same as it was rounded when it was not kept. */
const configurationsBefore = (spec: SweepSpec) =>
  Math.ceil(Math.min(countTrials(spec), spec.budget.maxTrials ?? Infinity) / spec.repeats);

type Values = Record<string, number | null>;

const byIndex = <T>(record: Readonly<Record<string, T>> = {}): Map<number, T> =>
  new Map(Object.entries(record).map(([index, value]) => [Number(index), value]));

const hasArrived = (repeat: Repeat): repeat is Arrival => typeof repeat !== 'string';

class Driver implements AdaptiveDriver {
  private readonly spec: SweepSpec;
  private readonly search: Search;
  private readonly scheduler: Scheduler;
  private readonly setting: SchedulerSetting;
  private readonly configurations: number | undefined;
  private readonly recorded: NonNullable<DriverOptions['suggested']>;
  private scheduled: Json;
  /** By configuration: it goes to another rung only once it has reported at this one. */
  private readonly open: Map<number, OpenRung>;
  /** Rungs that may have repeats that wait, in the order in which they are trained. */
  private readonly unbegun: OpenRung[];
  private readonly ended: Map<number, Values>;
  private readonly chosen: Map<number, Configuration>;
  private readonly history: TriedConfiguration[];
  private entries: number;

  constructor(spec: SweepSpec, { state, scheduler, setting, suggested }: DriverOptions) {
    this.spec = spec;
    this.search = searchOf(spec);
    this.scheduler = scheduler ?? schedulerOf(spec);
    this.configurations = state === undefined ? configurationsWithin(spec) : state.configurations;
    this.setting = setting ?? { ...settingOf(spec), configurations: this.configurations ?? configurationsBefore(spec) };
    this.recorded = suggested ?? (() => undefined);
    this.scheduled = state?.scheduler ?? this.scheduler.init(this.setting);
    this.unbegun = (state?.open ?? []).map(({ assignment, repeats }) => ({ assignment, repeats: [...repeats] }));
    this.open = new Map(this.unbegun.map((rung) => [rung.assignment.configuration, rung]));
    this.ended = new Map([...byIndex(state?.ended)].map(([index, values]) => [index, { ...values }]));
    this.chosen = byIndex(state?.suggested);
    this.history = [...(state?.history ?? [])];
    this.entries = state?.entries ?? 0;
  }

  next(): ReturnType<AdaptiveDriver['next']> {
    const waiting = this.beginWaiting();
    if (waiting !== undefined) return { turn: waiting };
    const entry = this.handOut();
    const turn = entry && this.beginWaiting();
    return entry && turn && { turn, entry };
  }

  handOut(): HandedOut | undefined {
    const given = this.scheduler.next(this.scheduled, this.setting);
    if (given === undefined) return undefined;
    const { assignment, decision } = given;
    const suggested = this.choose(assignment);
    const rung = { assignment, repeats: this.repeatsOf(assignment) };
    this.scheduled = given.state;
    this.open.set(assignment.configuration, rung);
    this.unbegun.push(rung);
    this.entries++;
    return { assignment, decision, ...(suggested && { suggested }) };
  }

  take({ configuration, repeat, rung: number }: Turn, arrival: Arrival): Taken {
    if (arrival.ended) this.keepEnd(configuration, repeat, arrival.objective);
    const rung = this.open.get(configuration);
    if (rung?.assignment.rung !== number) return { stopped: 0 };
    rung.repeats[repeat] = arrival;
    const all = rung.repeats;
    if (!all.every(hasArrived)) return { stopped: 0 };
    return this.arrive({
      ...rung.assignment,
      value: meanObjective(all.map(({ objective }) => objective)),
      ended: all.every((one) => one.ended),
    });
  }

  arrive(report: RungReport): Taken & { entry: Arrived } {
    const { configuration, toStep, value, ended } = report;
    const { state, decisions } = this.scheduler.report(this.scheduled, report, this.setting);
    this.scheduled = state;
    if (this.search.suggest !== undefined)
      this.history.push({ configuration: this.configurationOf(configuration), toStep, value, ended });
    this.open.delete(configuration);
    this.entries++;
    return { entry: { report, decisions }, stopped: this.leave(decisions) };
  }

  configurationOf(index: number): Configuration {
    return this.chosen.get(index) ?? this.search.at(this.spec, index);
  }

  trialOf({ configuration, repeat }: Pick<Turn, 'configuration' | 'repeat'>): PlannedTrial {
    const { spec } = this;
    return plannedTrial(spec, this.configurationOf(configuration), configuration * spec.repeats + repeat);
  }

  state(): AdaptiveState {
    const { configurations } = this;
    return {
      ...(configurations !== undefined && { configurations }),
      scheduler: this.scheduled,
      open: [...this.open.values()].map(({ assignment, repeats }) => ({
        assignment,
        repeats: repeats.map((one) => (one === 'training' ? 'waiting' : one)),
      })),
      ended: Object.fromEntries([...this.ended].map(([index, values]) => [index, { ...values }])),
      suggested: Object.fromEntries(this.chosen),
      history: [...this.history],
      entries: this.entries,
    };
  }

  /** Asks a search that learns, once for each configuration. */
  private choose({ configuration }: Assignment): Configuration | undefined {
    const { search, spec, chosen } = this;
    if (search.suggest === undefined || chosen.has(configuration)) return undefined;
    const pending = [...this.open.keys()].map((index) => this.configurationOf(index));
    const values = this.recorded(configuration) ?? search.suggest(spec, configuration, this.history, pending);
    chosen.set(configuration, values);
    return values;
  }

  /** A rung's repeats: those that have ended by themselves are in. */
  private repeatsOf({ configuration }: Assignment): Repeat[] {
    const before = this.ended.get(configuration) ?? {};
    return Array.from({ length: this.spec.repeats }, (_, repeat): Repeat => {
      const objective = before[repeat];
      return objective === undefined ? 'waiting' : { objective, ended: true };
    });
  }

  private beginWaiting(): Turn | undefined {
    for (let rung = this.unbegun[0]; rung !== undefined; rung = this.unbegun[0]) {
      const { assignment, repeats } = rung;
      const { configuration, toStep } = assignment;
      const repeat = this.open.get(configuration) === rung ? repeats.indexOf('waiting') : -1; // a record may say that it is in
      if (repeat >= 0) {
        repeats[repeat] = 'training';
        return { configuration, repeat, rung: assignment.rung, toStep };
      }
      this.unbegun.shift();
    }
    return undefined;
  }

  private keepEnd(configuration: number, repeat: number, objective: number | null): void {
    const others = this.ended.get(configuration);
    if (others === undefined) this.ended.set(configuration, { [repeat]: objective });
    else others[repeat] = objective;
  }

  /** Lets go of the configurations that are not trained further; how many of their repeats that stopped. */
  private leave(decisions: readonly Decision[]): number {
    let stopped = 0;
    for (const { configuration, action } of decisions) {
      if (action !== 'stop' && action !== 'complete') continue;
      if (action === 'stop') stopped += this.spec.repeats - Object.keys(this.ended.get(configuration) ?? {}).length;
      this.ended.delete(configuration);
    }
    return stopped;
  }
}

export const adaptiveDriver = (spec: SweepSpec, options: DriverOptions = {}): AdaptiveDriver =>
  new Driver(spec, options);

/** The state with the repeats that are known to have ended: they are in wherever a rung of theirs is open. */
export function endedBy(state: AdaptiveState, ended: AdaptiveState['ended']): AdaptiveState {
  const open = state.open.map(({ assignment, repeats }) => ({
    assignment,
    repeats: repeats.map((one, repeat): Repeat => {
      const objective = ended[assignment.configuration]?.[repeat];
      return objective === undefined ? one : { objective, ended: true };
    }),
  }));
  return { ...state, ended, open };
}

/** What the search has chosen, by the record. */
export function suggestionsOf(record: readonly RecordEntry[]): Suggestions {
  return new Map(
    record.flatMap((entry) =>
      'assignment' in entry && entry.suggested ? [[entry.assignment.configuration, entry.suggested] as const] : [],
    ),
  );
}

export interface ReplayOptions {
  /**
   * Let the search choose anew and compare, which takes as long as it did; else what it chose is taken from the record.
   */
  searchAgain?: boolean;
}

/**
 * A driver that has been through a record. Throws an Error where the scheduler, or the search that is asked again, does
 * not do what the record says: it is of another spec or another version.
 */
export function replayRecord(
  spec: SweepSpec,
  record: readonly RecordEntry[],
  { searchAgain = false }: ReplayOptions = {},
): AdaptiveDriver {
  const suggestions = suggestionsOf(record);
  const driver = adaptiveDriver(
    spec,
    searchAgain ? {} : { suggested: (configuration) => suggestions.get(configuration) },
  );
  for (const [i, entry] of record.entries()) {
    const check = (is: unknown, recorded: unknown, said: (then: string, now: string) => string) => {
      const [now, then] = [canonicalJson(is ?? null), canonicalJson(recorded ?? null)];
      if (now !== then) throw new Error(`entry ${i} of the recorded decisions ${said(then, now)}`);
    };
    const decided = (then: string, now: string) => `is ${then}, but ${spec.scheduler.name} now gives ${now}`;
    if ('assignment' in entry) {
      const given = driver.handOut();
      check(given?.assignment, entry.assignment, decided);
      check(
        given?.suggested,
        entry.suggested,
        (then, now) => `tries ${then}, but ${spec.search.name} now suggests ${now}`,
      );
    } else check(driver.arrive(entry.report).entry.decisions, entry.decisions, decided);
  }
  return driver;
}
