import { boundsProblem } from './bounds.ts';
import type { DimensionKind } from './types.ts';

/** Whole numbers from low to high, both included. */
export interface Int {
  int: [low: number, high: number];
}

export const int: DimensionKind<Int> = {
  summary: 'whole numbers between two bounds, both included, written as {"int": [16, 256]}',
  form: { int: 'integer bounds' },
  is: (d): d is Int => 'int' in d,
  problem: (d) => boundsProblem(d.int),
  count: ({ int: [low, high] }) => high - low + 1,
  at: ({ int: [low] }, index) => low + index,
  draw: ({ int: [low, high] }, u) => low + Math.floor(u * (high - low + 1)),
  place: ({ int: [low, high] }, value) => (value - low + 0.5) / (high - low + 1),
  check: { example: { int: [16, 20] } },
};
