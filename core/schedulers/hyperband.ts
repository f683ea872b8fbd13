import { deriveSeed } from '../trial.ts';
import { halving, type HalvingState } from './halving.ts';
import type { Scheduler } from './types.ts';
import { atEvaluation, geometricRungs, partOf } from './rungs.ts';

/**
 * Share of the configurations that each bracket gets, the one with the most rungs first: n_s = ⌈(s_max + 1) / (s + 1) ·
 * η^s⌉ for s = s_max, …, 0 (algorithm 1), where s is how often its configurations can be promoted.
 */
export function bracketShares(sMax: number, eta: number): number[] {
  const sizes: number[] = [];
  for (let s = 0, power = 1; s <= sMax; s++, power *= eta) sizes.unshift(Math.ceil(((sMax + 1) / (s + 1)) * power));
  const total = sizes.reduce((sum, n) => sum + n, 0);
  return sizes.map((n) => n / total);
}

/** The bracket that u in [0, 1) falls into. */
export function bracketAt(shares: readonly number[], u: number): number {
  let rest = u;
  for (const [b, share] of shares.entries()) {
    if (rest < share) return b;
    rest -= share;
  }
  return shares.length - 1;
}

/**
 * Brackets that differ in how early they compare: the first halves from r steps on, the last trains all it has to the
 * end, as a hedge against curves that cross. Which bracket a configuration is in follows from the sweep's seed and its
 * index alone, so that a sweep extended later keeps its brackets; in each, halving is asynchronous (Li et al. 2020,
 * section 3.3 calls that asynchronous Hyperband): the original waits at every rung for its slowest trial, and workers
 * idle.
 */
export const hyperband: Scheduler<HalvingState> = {
  summary: 'asha in several brackets, some of which compare later, for curves that cross',
  source: 'Li et al. 2018, "Hyperband: a novel bandit-based approach to hyperparameter optimization", algorithm 1',
  options: {
    eta: {
      summary: 'η: one in so many goes on, with so many times the steps',
      integer: true,
      atLeast: 2,
      atMost: 100,
      default: 3,
    },
    minSteps: {
      summary: 'r: steps before the first comparison of the bracket that compares first, at the next evaluation',
      integer: true,
      atLeast: 1,
      optional: 'training.maxSteps / eta³',
    },
  },
  ...halving((setting) => {
    const { eta = 3, minSteps = partOf(setting, eta * eta * eta) } = setting.options;
    const rungs = geometricRungs(atEvaluation(setting, minSteps), eta, setting.maxSteps);
    const shares = bracketShares(rungs.length - 1, eta);
    const choose = (configuration: number) =>
      bracketAt(shares, deriveSeed(setting.seed, 'bracket', configuration) / 2 ** 32);
    return { eta, rungs, starts: rungs.map((_, k) => k), choose };
  }),
};
