/**
 * A sweep whose trials depend on one another (a scheduler that stops some, a search that learns), as a reducer over plain JSON:
 * what is handed out and what came of it go in, the next repeat to train comes out. A configuration is judged once all its
 * repeats are in, on their mean. Every step is an entry of the record, and replaying the record gives the state again.
 */
import { canonicalJson, type Json } from './json.ts';
import { countTrials, countWithin, plannedTrial, type PlannedTrial, type Suggestions } from './plan.ts';
import type { LaneOutcome } from './results.ts';
import { meanObjective, schedulerOf, settingOf, type Assignment, type Decision, type RungReport, type Setting } from './schedulers/index.ts';
import { searchOf, type Configuration, type Observation } from './search/index.ts';
import type { SweepSpec } from './spec.ts';

/** An assignment was handed out, and why; with the configuration where the search chose it then. */
export interface HandedOut { assignment: Assignment; decision: Decision; suggested?: Configuration }
/** A rung's repeats are all in: what they came to, and what the scheduler made of it. */
export interface Arrived { report: RungReport; decisions: Decision[] }
/** One step of an adaptive sweep, in the order in which they happened. */
export type RecordEntry = HandedOut | Arrived;

/** One repeat of a rung: to be trained, being trained, or in. */
type Repeat = 'waiting' | 'training' | { objective: number | null; ended: boolean };
interface OpenRung { assignment: Assignment; repeats: Repeat[] }

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
  history: Observation[];
  /** Entries of the record so far. */
  entries: number;
}

/** One repeat of a configuration, to be trained up to a rung. */
export interface Turn { configuration: number; repeat: number; rung: number; toStep: number }

function settingWithin(spec: SweepSpec, { configurations }: Pick<AdaptiveState, 'configurations'>): Setting {
  return { ...settingOf(spec), configurations: configurations ?? Math.ceil(Math.min(countTrials(spec), spec.budget.maxTrials ?? Infinity) / spec.repeats) };
}

export function beginAdaptive(spec: SweepSpec): AdaptiveState {
  const configurations = countWithin(spec) / spec.repeats;
  const scheduler = schedulerOf(spec).init(settingWithin(spec, { configurations }));
  return { configurations, scheduler, open: [], ended: {}, suggested: {}, history: [], entries: 0 };
}

/** The values of a configuration that was handed out. */
function configurationOf(spec: SweepSpec, { suggested }: Pick<AdaptiveState, 'suggested'>, index: number): Configuration {
  return suggested[index] ?? searchOf(spec).at(spec, index);
}

export function trialOfTurn(spec: SweepSpec, state: Pick<AdaptiveState, 'suggested'>, { configuration, repeat }: Turn): PlannedTrial {
  return plannedTrial(spec, configurationOf(spec, state, configuration), configuration * spec.repeats + repeat);
}

/** Hands out an assignment: all its repeats wait, but for those that have ended already. */
function opened(spec: SweepSpec, state: AdaptiveState, { assignment, suggested }: HandedOut): AdaptiveState {
  const { configuration } = assignment;
  const ended = state.ended[configuration] ?? {};
  const repeats = Array.from({ length: spec.repeats }, (_, repeat): Repeat => {
    const objective = ended[repeat];
    return objective === undefined ? 'waiting' : { objective, ended: true };
  });
  return {
    ...state,
    open: [...state.open, { assignment, repeats }],
    ...(suggested && { suggested: { ...state.suggested, [configuration]: suggested } }),
    entries: state.entries + 1,
  };
}

/** What the search would try as this configuration, if it is one that learns. */
function suggestion(spec: SweepSpec, { suggested, history, open }: AdaptiveState, { configuration }: Assignment): Configuration | undefined {
  if (suggested[configuration] !== undefined) return undefined;
  const pending = open.map(({ assignment }) => configurationOf(spec, { suggested }, assignment.configuration));
  return searchOf(spec).suggest?.(spec, configuration, history, pending);
}

const isWaiting = (repeat: Repeat) => repeat === 'waiting';

function withRepeat(state: AdaptiveState, { configuration, rung, repeat }: Turn, next: Repeat): AdaptiveState {
  const open = state.open.map((one) => {
    const { assignment, repeats } = one;
    if (assignment.configuration !== configuration || assignment.rung !== rung) return one;
    return { assignment, repeats: repeats.map((known, i) => (i === repeat ? next : known)) };
  });
  return { ...state, open };
}

/** The next repeat to train; undefined: none until something comes in, and if nothing is in training, none at all. */
export function nextTurn(spec: SweepSpec, state: AdaptiveState): { state: AdaptiveState; turn: Turn; entry?: HandedOut } | undefined {
  for (const { assignment, repeats } of state.open) {
    const repeat = repeats.findIndex(isWaiting);
    if (repeat === -1) continue;
    const { configuration, rung, toStep } = assignment;
    const turn = { configuration, repeat, rung, toStep };
    return { state: withRepeat(state, turn, 'training'), turn };
  }
  const given = schedulerOf(spec).next(state.scheduler, settingWithin(spec, state));
  if (given === undefined) return undefined;
  const suggested = suggestion(spec, state, given.assignment);
  const entry: HandedOut = { assignment: given.assignment, decision: given.decision, ...(suggested && { suggested }) };
  const next = nextTurn(spec, opened(spec, { ...state, scheduler: given.state }, entry));
  return next && { ...next, entry };
}

/** The repeat is to be trained after all: it was held before it was done. */
export const putBack = (state: AdaptiveState, turn: Turn): AdaptiveState => withRepeat(state, turn, 'waiting');

/** All that is in training waits again: a run of the workflow ended, or the record was read back. */
export function allPutBack(state: AdaptiveState): AdaptiveState {
  return { ...state, open: state.open.map(({ assignment, repeats }) => ({ assignment, repeats: repeats.map((one) => (one === 'training' ? 'waiting' : one)) })) };
}

export interface Taken {
  state: AdaptiveState;
  /** With the last repeat of a rung: what the scheduler made of them all. */
  entry?: Arrived;
  /** Repeats that were stopped by it before they ended by themselves. */
  stopped: number;
}

/** With the repeats that are known to have ended: they are in wherever a rung of theirs is open. */
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

/** Takes in what came of a repeat. */
export function takeOutcome(spec: SweepSpec, before: AdaptiveState, turn: Turn, { status, objective }: LaneOutcome): Taken {
  const { configuration, rung, repeat } = turn;
  const ended = status !== 'paused';
  let state = withRepeat(before, turn, { objective, ended });
  if (ended) state = { ...state, ended: { ...state.ended, [configuration]: { ...state.ended[configuration], [repeat]: objective } } };
  const { assignment, repeats = [] } = state.open.find((one) => one.assignment.configuration === configuration && one.assignment.rung === rung) ?? {};
  const all = repeats.flatMap((one) => (typeof one === 'string' ? [] : [one]));
  if (assignment === undefined || all.length < repeats.length) return { state, stopped: 0 };
  return arrival(spec, state, { ...assignment, value: meanObjective(all.map((one) => one.objective)), ended: all.every((one) => one.ended) });
}

function arrival(spec: SweepSpec, state: AdaptiveState, report: RungReport): Taken & { entry: Arrived } {
  const { configuration, rung, toStep, value, ended } = report;
  const { state: scheduler, decisions } = schedulerOf(spec).report(state.scheduler, report, settingWithin(spec, state));
  const learns = searchOf(spec).suggest !== undefined;
  const observed: Observation[] = learns ? [{ configuration: configurationOf(spec, state, configuration), toStep, value, ended }] : [];
  const endedOf = (index: number) => Object.keys(state.ended[index] ?? {}).length;
  const over = decisions.filter(({ action }) => action === 'stop' || action === 'complete');
  const gone = new Set(over.map((decision) => String(decision.configuration)));
  return {
    state: {
      ...state,
      scheduler,
      open: state.open.filter(({ assignment }) => assignment.configuration !== configuration || assignment.rung !== rung),
      ended: Object.fromEntries(Object.entries(state.ended).filter(([index]) => !gone.has(index))),
      history: [...state.history, ...observed],
      entries: state.entries + 1,
    },
    entry: { report, decisions },
    stopped: over.filter(({ action }) => action === 'stop').reduce((sum, decision) => sum + spec.repeats - endedOf(decision.configuration), 0),
  };
}

/** What the search has chosen, by the record. */
export function suggestionsOf(record: readonly RecordEntry[]): Suggestions {
  return new Map(record.flatMap((entry) => ('assignment' in entry && entry.suggested ? [[entry.assignment.configuration, entry.suggested] as const] : [])));
}

/**
 * The state that a record leads to. Throws an Error where the scheduler does not do what the record says: it is of another
 * spec or another version.
 */
export function replayRecord(spec: SweepSpec, record: readonly RecordEntry[]): AdaptiveState {
  let state = beginAdaptive(spec);
  const setting = settingWithin(spec, state);
  const check = (is: unknown, recorded: unknown) => {
    const [now, then] = [canonicalJson(is), canonicalJson(recorded)];
    if (now !== then) throw new Error(`entry ${state.entries} of the recorded decisions is ${then}, but ${spec.scheduler.name} now gives ${now}`);
  };
  for (const entry of record) {
    if ('assignment' in entry) {
      const given = schedulerOf(spec).next(state.scheduler, setting);
      check(given?.assignment ?? null, entry.assignment);
      state = opened(spec, { ...state, scheduler: (given as { state: Json }).state }, entry);
    } else {
      const { state: next, entry: again } = arrival(spec, state, entry.report);
      check(again.decisions, entry.decisions);
      state = next;
    }
  }
  return state;
}
