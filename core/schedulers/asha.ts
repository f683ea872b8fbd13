import { halving, type HalvingState } from './halving.ts';
import type { Scheduler } from './types.ts';
import { atEvaluation, geometricRungs, partOf } from './rungs.ts';

/**
 * Asynchronous successive halving by promotion, ASHA. Rung k is at r η^(s+k) steps, the last one at R, the trial's last
 * step; see halving.ts for the rule.
 */
export const asha: Scheduler<HalvingState> = {
  summary: 'at each rung the best 1/eta go on, as soon as workers are free',
  source: 'Li et al. 2020, "A system for massively parallel hyperparameter tuning", algorithm 2',
  options: {
    eta: {
      summary: 'η: one in so many goes on, with so many times the steps',
      integer: true,
      atLeast: 2,
      atMost: 100,
      default: 3,
    },
    minSteps: {
      summary: 'r: steps before the first comparison, at the next evaluation',
      integer: true,
      atLeast: 1,
      optional: 'training.maxSteps / eta³',
    },
    skipRungs: {
      summary: 's: rungs left out at the bottom, for curves that say little early on',
      integer: true,
      atLeast: 0,
      atMost: 20,
      default: 0,
    },
  },
  ...halving((setting) => {
    const { eta = 3, skipRungs = 0, minSteps = partOf(setting, eta * eta * eta) } = setting.options;
    const rungs = geometricRungs(atEvaluation(setting, minSteps), eta, setting.maxSteps);
    return { eta, rungs: rungs.slice(Math.min(skipRungs, rungs.length - 1)), starts: [0], choose: () => 0 };
  }),
};
