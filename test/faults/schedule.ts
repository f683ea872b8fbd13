/** Which faults strike a sweep, and when: drawn from a seed, so that a run can be repeated. */
import { deriveSeed } from '../../core/trial.ts';
import { faults, type FaultName } from './faults.ts';
import { kinds, type KindName } from './world.ts';

export interface PlannedFault {
  name: FaultName;
  /** Seconds after the one before, or after the first trial has begun to train. */
  after: number;
  /** In [0, 1): whatever the fault has to choose. */
  draw: number;
}

export interface Schedule {
  seed: number;
  index: number;
  kind: KindName;
  faults: PlannedFault[];
}

/** As far apart as this, in seconds: a sweep of a few seconds gets them all. */
const GAP = 1.5;
const MOST = 3;

const uniform = (seed: number, ...path: (string | number)[]) => deriveSeed(seed, 'faults', ...path) / 2 ** 32;

/**
 * Schedule `index`: one to three faults, each at most 1.5 seconds after the one before, because the sweeps take few
 * seconds. The first is of each sort in turn, so that a long run has all of them equally often, and meets each kind of
 * sweep.
 */
export function scheduleOf(seed: number, index: number): Schedule {
  const [names, sweeps] = [Object.keys(faults) as FaultName[], Object.keys(kinds) as KindName[]];
  const count = 1 + Math.floor(uniform(seed, index, 'count') * MOST);
  const kind = (i: number) =>
    (i === 0 ? index : Math.floor(uniform(seed, index, i, 'kind') * names.length)) % names.length;
  return {
    seed,
    index,
    kind: sweeps[(index + Math.floor(index / names.length)) % sweeps.length] as KindName,
    faults: Array.from({ length: count }, (_, i) => ({
      name: names[kind(i)] as FaultName,
      after: Math.round(100 * GAP * uniform(seed, index, i, 'after')) / 100,
      draw: uniform(seed, index, i, 'draw'),
    })),
  };
}
