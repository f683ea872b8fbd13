/** Which faults strike a sweep, and when: drawn from a seed, so that a run can be repeated. */
import { deriveSeed } from '../../core/trial.ts';
import { faults, type FaultName } from './faults.ts';

export interface PlannedFault {
  name: FaultName;
  /** Seconds after the one before, or after the first trial has begun to train. */
  after: number;
  /** In [0, 1): whatever the fault has to choose. */
  draw: number;
}

export interface Schedule { seed: number; index: number; faults: PlannedFault[] }

/** As far apart as this, in seconds: a sweep of a few seconds gets them all. */
const GAP = 1.5;
const MOST = 3;

const uniform = (seed: number, ...path: (string | number)[]) => deriveSeed(seed, 'faults', ...path) / 2 ** 32;

/** Schedule `index`: one to three faults, the first of each kind in turn, so that a long run has all kinds equally often. */
export function scheduleOf(seed: number, index: number): Schedule {
  const names = Object.keys(faults) as FaultName[];
  const count = 1 + Math.floor(uniform(seed, index, 'count') * MOST);
  const kind = (i: number) => (i === 0 ? index : Math.floor(uniform(seed, index, i, 'kind') * names.length)) % names.length;
  return {
    seed,
    index,
    faults: Array.from({ length: count }, (_, i) => ({
      name: names[kind(i)] as FaultName,
      after: Math.round(100 * GAP * uniform(seed, index, i, 'after')) / 100,
      draw: uniform(seed, index, i, 'draw'),
    })),
  };
}
