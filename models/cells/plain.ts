/** What the cells' equations on plain arrays share: sums and functions of one unit of one gate. */
import type { PlainWeights } from '../types.ts';

type Matrix = PlainWeights[string];

export const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
export const units = (n: number, f: (u: number) => number): number[] => Array.from({ length: n }, (_, u) => f(u));

/** Entry j of xᵀ M. */
function dot(x: readonly number[], { shape, values }: Matrix, j: number): number {
  const columns = shape[1] as number;
  return x.reduce((sum, xi, i) => sum + xi * (values[i * columns + j] as number), 0);
}

/** W x + U h + b for unit u of a gate whose block starts at column `gate` × n; without a bias where there is none. */
export function sumOf(
  weights: PlainWeights,
  x: number[],
  h: number[],
  gate: number,
  u: number,
  recurrent = weights['recurrent'] as Matrix,
  block = gate,
): number {
  const { kernel, bias } = weights as { kernel: Matrix; bias?: Matrix };
  const n = h.length;
  return dot(x, kernel, gate * n + u) + dot(h, recurrent, block * n + u) + (bias?.values[gate * n + u] ?? 0);
}
