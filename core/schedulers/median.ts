import type { Decision, Scheduler, SchedulerSetting } from './types.ts';
import { add, at, orderOf, type Ranking } from './ranking.ts';
import { atEvaluation, evenRungs, partOf } from './rungs.ts';

/** Comparisons on the way of a sweep that says nothing else. */
const COMPARISONS = 10;

/** A configuration between its rungs: where it is going, what it has reported so far, and the best of that. */
type Course = { configuration: number; rung: number; reports: number; sum: number; best: number };

/**
 * The configurations below `next` have been started; `ready` may go on, `training` are under way; `averages` of each
 * rung.
 */
export type MedianState = { next: number; ready: Course[]; training: Course[]; averages: Ranking[] };

/**
 * Value in the middle of a ranking of n; of an even number the mean of the two in the middle; null where one of those
 * is null.
 */
export function median(ranking: Ranking, n: number): number | null {
  const [, a = null] = at(ranking, (n - 1) >> 1) ?? [];
  const [, b = null] = at(ranking, n >> 1) ?? [];
  return a === null || b === null ? null : (a + b) / 2;
}

/**
 * "If the trial's best objective value by step s is strictly worse than the median value of the running averages"
 * (section 3.2.2).
 */
export function isBelowMedian(best: number, middle: number | null, goal: SchedulerSetting['goal']): boolean {
  if (middle === null) return false; // half of the others have failed
  return goal === 'maximize' ? best < middle : best > middle;
}

const rungsOf = (setting: SchedulerSetting): number[] => {
  const { every = partOf(setting, COMPARISONS), grace = every } = setting.options;
  return evenRungs(atEvaluation(setting, grace), atEvaluation(setting, every), setting.maxSteps);
};

/**
 * The median stopping rule: after s steps a configuration stops if its best value so far is strictly worse than the
 * median of the others' running averages of what they reported up to s. The paper's others are those that have
 * completed; here they are all that have come as far as s, as otherwise the first ones, as many as there are workers,
 * would never be judged. One that has ended earlier by itself counts with the value it ended with.
 */
export const medianStopping: Scheduler<MedianState> = {
  summary: "a configuration stops once its best value is worse than the median of the others' averages",
  source: 'Golovin et al. 2017, "Google Vizier: a service for black-box optimization", section 3.2.2',
  options: {
    every: {
      summary: 'steps between two comparisons, at evaluations',
      integer: true,
      atLeast: 1,
      optional: 'training.maxSteps / 10',
    },
    grace: { summary: 'steps before the first comparison', integer: true, atLeast: 1, optional: 'the same as every' },
    peers: {
      summary: 'others that must have come as far before one is judged',
      integer: true,
      atLeast: 1,
      atMost: 1000,
      default: 3,
    },
  },
  wholeTrials: false,
  rungs: rungsOf,

  init: (setting) => ({ next: 0, ready: [], training: [], averages: rungsOf(setting).map(() => []) }),

  next(state, setting) {
    const rungs = rungsOf(setting);
    const [course, ...ready] = state.ready;
    if (course !== undefined) {
      const { configuration, rung, best } = course;
      const toStep = rungs[rung] as number;
      return {
        state: { ...state, ready, training: [...state.training, course] },
        assignment: { configuration, rung, toStep },
        decision: {
          configuration,
          rung,
          action: 'continue',
          reason: 'not worse than the median of the others, or too few of them yet',
          numbers: { best, fromStep: rungs[rung - 1] as number, toStep },
        },
      };
    }
    if (state.next >= setting.configurations) return undefined;
    const configuration = state.next;
    const toStep = rungs[0] as number;
    return {
      state: {
        ...state,
        next: state.next + 1,
        training: [...state.training, { configuration, rung: 0, reports: 0, sum: 0, best: 0 }],
      },
      assignment: { configuration, rung: 0, toStep },
      decision: {
        configuration,
        rung: 0,
        action: 'start',
        reason: 'a worker was free, and none was waiting to go on',
        numbers: { toStep },
      },
    };
  },

  report(state, { configuration, rung, toStep, value, ended }, setting) {
    const rungs = rungsOf(setting);
    const order = orderOf(setting.goal);
    const before = state.training.find((course) => course.configuration === configuration) as Course;
    const after = { ...state, training: state.training.filter((course) => course !== before) };
    const decide = (action: Decision['action'], reason: string, numbers: Decision['numbers'] = {}): Decision => ({
      configuration,
      rung,
      action,
      reason,
      numbers: { value, toStep, ...numbers },
    });

    // What it means for the others: its running average here and, if it has ended, wherever they will come later.
    const reports = before.reports + 1;
    const sum = before.sum + (value ?? 0);
    const last = ended || value === null ? rungs.length - 1 : rung;
    const others = state.averages[rung] as Ranking;
    const averages = state.averages.map((ranking, k) => {
      if (k < rung || k > last) return ranking;
      return add(
        ranking,
        [configuration, value === null ? null : (sum + (k - rung) * value) / (reports + k - rung)],
        order,
      );
    });
    if (value === null) {
      const decision = ended
        ? decide('complete', 'it diverged or failed')
        : decide('stop', 'a repeat diverged or failed, which ranks last');
      return { state: { ...after, averages }, decisions: [decision] };
    }
    if (ended || rung === rungs.length - 1) {
      const why = rung === rungs.length - 1 ? 'it was trained to its last step' : 'it ended by itself';
      return { state: { ...after, averages }, decisions: [decide('complete', why)] };
    }

    // What the others mean for it.
    const best =
      reports === 1 ? value : setting.goal === 'maximize' ? Math.max(before.best, value) : Math.min(before.best, value);
    const n = others.reduce((count, piece) => count + piece.length, 0);
    const middle = median(others, n);
    const { peers = 3 } = setting.options;
    if (n >= peers && isBelowMedian(best, middle, setting.goal)) {
      const numbers = { best, median: middle, others: n, fromStep: toStep };
      return {
        state: { ...after, averages },
        decisions: [
          decide('stop', `its best value by step ${toStep} is worse than the median of ${n} others' averages`, numbers),
        ],
      };
    }
    return {
      state: { ...after, averages, ready: [...after.ready, { configuration, rung: rung + 1, reports, sum, best }] },
      decisions: [],
    };
  },
};
