import { boundsProblem } from './bounds.ts';
import type { DimensionKind } from './types.ts';

export interface Uniform {
  uniform: [low: number, high: number];
}

export const uniform: DimensionKind<Uniform> = {
  summary: 'uniform between two bounds, written as {"uniform": [0, 0.5]}; needs a sampling search',
  form: { uniform: 'bounds' },
  is: (d): d is Uniform => 'uniform' in d,
  problem: (d) => boundsProblem(d.uniform),
  count: () => undefined,
  at: () => {
    throw new RangeError('a uniform dimension cannot be counted');
  },
  draw: ({ uniform: [low, high] }, u) => low + u * (high - low),
  place: ({ uniform: [low, high] }, value) => (value - low) / (high - low),
  check: {
    example: { uniform: [-1, 3] },
    quantiles: [
      [0.25, 0],
      [0.5, 1],
      [0.75, 2],
    ],
  },
};
