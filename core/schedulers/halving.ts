/**
 * Asynchronous successive halving: what ASHA does once and Hyperband in several brackets.
 *
 * Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht and Talwalkar 2020, "A system for massively parallel
 * hyperparameter tuning", algorithm 2. A configuration whose rung has ended waits there, with its checkpoint. A free
 * worker promotes the best one that waits, from the highest rung where one waits that is promotable; if there is none
 * it starts another configuration.
 *
 * Two things that the paper, which never runs out of configurations, need not say. Once nothing more can arrive at a
 * rung, those that wait there in vain are stopped. And the best of such a rung goes on even where there are fewer than
 * η, so that every bracket trains at least one configuration to its end.
 */
import type { Decision, RungReport, Scheduler, SchedulerSetting } from './types.ts';
import { add, best, countBefore, cut, orderOf, withoutBest, type Ranked, type Order, type Ranking } from './ranking.ts';

type Rung = {
  /** Reported, and may be promoted. */
  waiting: Ranking;
  /** Reported, and promoted or ended by itself: they keep their rank. */
  settled: Ranking;
  /** How many reported in all: those that diverged too, which have the last ranks. */
  reported: number;
  /** How many are being trained for this rung. */
  training: number;
  /** Nothing more can arrive, and those that cannot be promoted are stopped. */
  over: boolean;
};
type Bracket = Rung[];
/** The configurations below `next` have been started. */
export type HalvingState = { next: number; brackets: Bracket[] };

/** The rungs of the sweep, and the brackets: bracket b starts at rung `starts[b]`. */
export interface Brackets {
  eta: number;
  /** Steps of each rung, ascending; a bracket leaves out the first ones. */
  rungs: number[];
  starts: number[];
  /** The bracket of a configuration. */
  choose(configuration: number): number;
}

/** How many of n have their rung's promotion: ⌊n / η⌋; of a rung where nothing more can arrive at least one. */
export function promotions(n: number, eta: number, over: boolean): number {
  return Math.max(Math.floor(n / eta), over ? 1 : 0);
}

/**
 * The best configuration that waits at a rung, if it is among the rung's ⌊n / η⌋ best, those that were promoted before
 * counted
 * (get_job of algorithm 2). Ranks are counted from 1.
 */
export function promotable(
  { waiting, settled, reported, over }: Rung,
  eta: number,
  order: Order,
): { entry: Ranked; rank: number; top: number } | undefined {
  const entry = best(waiting);
  if (entry === undefined) return undefined;
  const rank = countBefore(settled, entry, order) + 1; // of those that wait it is the first
  const top = promotions(reported, eta, over);
  return rank <= top ? { entry, rank, top } : undefined;
}

function replaced<T>(list: readonly T[], index: number, item: T): T[] {
  const after = list.slice();
  after[index] = item;
  return after;
}
const emptyRung = (): Rung => ({ waiting: [], settled: [], reported: 0, training: 0, over: false });
const share = (eta: number) => (eta === 2 ? 'half' : eta === 3 ? 'third' : `1/${eta}`);

type Handed = NonNullable<ReturnType<Scheduler<HalvingState>['next']>>;

/** The state with the best of a rung, if it is good enough, in training at the rung above. */
function promote(
  { next, brackets }: HalvingState,
  b: number,
  rung: number,
  { eta, rungs, starts }: Brackets,
  order: Order,
): Handed | undefined {
  const bracket = brackets[b] as Bracket;
  const here = rung - (starts[b] as number);
  const from = bracket[here];
  const found = from && promotable(from, eta, order);
  if (from === undefined || found === undefined) return undefined;
  const { entry, rank, top } = found;
  const [configuration, value] = entry;
  const left = { ...from, waiting: withoutBest(from.waiting), settled: add(from.settled, entry, order) };
  const above = bracket[here + 1] as Rung;
  const promoted = replaced(replaced(bracket, here, left), here + 1, { ...above, training: above.training + 1 });
  const [fromStep, toStep] = [rungs[rung] as number, rungs[rung + 1] as number];
  return {
    state: { next, brackets: replaced(brackets, b, promoted) },
    assignment: { configuration, rung: rung + 1, toStep },
    decision: {
      configuration,
      rung: rung + 1,
      action: 'promote',
      reason: `rank ${rank} of ${from.reported} after ${fromStep} steps: among the best ${share(eta)}`,
      numbers: { value, rank, reported: from.reported, top, eta, fromStep, toStep, bracket: b },
    },
  };
}

/** The state with the next configuration in training at the first rung of its bracket. */
function begin({ next, brackets }: HalvingState, { rungs, starts, choose }: Brackets): Handed {
  const b = choose(next);
  const bracket = brackets[b] as Bracket;
  const [first = emptyRung()] = bracket;
  const rung = starts[b] as number;
  const toStep = rungs[rung] as number;
  const begun = replaced(bracket, 0, { ...first, training: first.training + 1 });
  return {
    state: { next: next + 1, brackets: replaced(brackets, b, begun) },
    assignment: { configuration: next, rung, toStep },
    decision: {
      configuration: next,
      rung,
      action: 'start',
      reason: 'a worker was free, and nothing could be promoted',
      numbers: { toStep, bracket: b },
    },
  };
}

/** A bracket to which nothing new comes, with its decisions for those that are no longer promoted. */
function closeBracket(
  bracket: Bracket,
  b: number,
  { eta, rungs, starts }: Brackets,
  order: Order,
): { bracket: Bracket; decisions: Decision[] } {
  const closed = close(bracket, eta, order);
  const decisions = closed.stopped.map(({ entry: [configuration, value], rung: k, numbers }): Decision => {
    const rung = k + (starts[b] as number);
    const fromStep = rungs[rung] as number;
    return {
      configuration,
      rung,
      action: 'stop',
      reason: `rank ${numbers.rank} of ${numbers.reported} after ${fromStep} steps: not among the best ${share(eta)}`,
      numbers: { value, ...numbers, eta, fromStep, bracket: b },
    };
  });
  return { bracket: closed.bracket, decisions };
}

/** `bracketsOf` is asked at every call: it must be cheap and depend on the setting alone. */
export function halving(
  bracketsOf: (setting: SchedulerSetting) => Brackets,
): Pick<Scheduler<HalvingState>, 'wholeTrials' | 'rungs' | 'init' | 'next' | 'report'> {
  return {
    wholeTrials: false,
    // At worst each one is better than all before it, and so promoted to the end: it then stands at every rung.
    rungs: (setting) => bracketsOf(setting).rungs,

    init(setting) {
      const { rungs, starts } = bracketsOf(setting);
      return { next: 0, brackets: starts.map((start) => rungs.slice(start).map(emptyRung)) };
    },

    next(state, setting) {
      const brackets = bracketsOf(setting);
      const order = orderOf(setting.goal);
      for (let rung = brackets.rungs.length - 2; rung >= 0; rung--) {
        for (let b = 0; b < state.brackets.length; b++) {
          const promoted = promote(state, b, rung, brackets, order);
          if (promoted !== undefined) return promoted;
        }
      }
      return state.next < setting.configurations ? begin(state, brackets) : undefined;
    },

    report({ next, brackets }, report, setting) {
      const all = bracketsOf(setting);
      const order = orderOf(setting.goal);
      const b = all.choose(report.configuration);
      const bracket = brackets[b] as Bracket;
      const here = report.rung - (all.starts[b] as number);
      const isLast = report.rung === all.rungs.length - 1;
      const { rung, decisions } = takeIn(bracket[here] as Rung, report, isLast, order);
      const after = replaced(brackets, b, replaced(bracket, here, rung));
      if (next < setting.configurations) return { state: { next, brackets: after }, decisions };
      const closed = after.map((one, i) => closeBracket(one, i, all, order));
      return {
        state: { next, brackets: closed.map((one) => one.bracket) },
        decisions: [...decisions, ...closed.flatMap((one) => one.decisions)],
      };
    },
  };
}

/** A rung with one more report, and what that means for the configuration it is of. */
function takeIn(
  rung: Rung,
  { configuration, rung: number, toStep, value, ended }: RungReport,
  last: boolean,
  order: Order,
): { rung: Rung; decisions: Decision[] } {
  const entry: Ranked = [configuration, value];
  const after = { ...rung, reported: rung.reported + 1, training: rung.training - 1 };
  const decide = (action: Decision['action'], reason: string): Decision => ({
    configuration,
    rung: number,
    action,
    reason,
    numbers: { value, toStep },
  });
  if (ended || last) {
    const why =
      value === null ? 'it diverged or failed' : last ? 'it was trained to its last step' : 'it ended by itself';
    return {
      rung: value === null || last ? after : { ...after, settled: add(rung.settled, entry, order) },
      decisions: [decide('complete', why)],
    };
  }
  if (value === null)
    return { rung: after, decisions: [decide('stop', 'a repeat diverged or failed, which ranks last')] };
  return { rung: { ...after, waiting: add(rung.waiting, entry, order) }, decisions: [] };
}

/** `cutoff` is the value of the last one that is good enough; null: all that had values are. */
interface Stopped {
  entry: Ranked;
  rung: number;
  numbers: { rank: number; reported: number; top: number; cutoff: number | null };
}

/**
 * All configurations have been started: stops those that wait where nothing more can arrive, and are not among the
 * best.
 */
function close(bracket: Bracket, eta: number, order: Order): { bracket: Bracket; stopped: Stopped[] } {
  const stopped: Stopped[] = [];
  let after = bracket;
  for (const [k, rung] of bracket.entries()) {
    if (rung.training > 0) break;
    if (!rung.over) {
      const top = promotions(rung.reported, eta, true);
      const ranks = ranksOf(rung, order);
      const going = ranks.filter((rank) => rank <= top).length;
      const [waiting, others] = cut(rung.waiting, going);
      const [, cutoff = null] = [...rung.waiting.flat(), ...rung.settled.flat()].sort(order)[top - 1] ?? [];
      for (const [i, entry] of others.entries()) {
        stopped.push({
          entry,
          rung: k,
          numbers: { rank: ranks[going + i] as number, reported: rung.reported, top, cutoff },
        });
      }
      after = replaced(after, k, { ...rung, waiting, over: true });
    }
    if ((after[k] as Rung).waiting.length > 0) break; // these will arrive above
  }
  return { bracket: after, stopped };
}

/** The ranks, ascending, of those that wait, among all that reported at the rung. */
function ranksOf({ waiting, settled }: Rung, order: Order): number[] {
  const ahead = settled.flat();
  let passed = 0;
  return waiting.flat().map((entry, i) => {
    while (passed < ahead.length && order(ahead[passed] as Ranked, entry) < 0) passed++;
    return passed + i + 1;
  });
}
