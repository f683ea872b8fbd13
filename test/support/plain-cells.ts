/**
 * The cells once more, from their equations, on plain arrays of doubles: one example at a time, gate by gate, no
 * TensorFlow. Slow and obvious; what models/cells must agree with.
 */
import type { CellName } from '../../models/cells/index.ts';

export interface Matrix {
  shape: number[];
  values: ArrayLike<number>;
}
export type PlainWeights = Record<string, Matrix>;
export type PlainState = Record<string, number[]>;
type Step = (
  weights: PlainWeights,
  x: number[],
  state: PlainState,
  t: number,
  options: Record<string, unknown>,
) => PlainState;

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Entry j of xᵀ M. */
function dot(x: readonly number[], { shape, values }: Matrix, j: number): number {
  const columns = shape[1] as number;
  return x.reduce((sum, xi, i) => sum + xi * (values[i * columns + j] as number), 0);
}

/** W x + U h + b for unit u of a gate whose block starts at column `gate` × n; without a bias where there is none. */
function sumOf(
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

const units = (n: number, f: (u: number) => number) => Array.from({ length: n }, (_, u) => f(u));

/** Equation (1). */
const rnn: Step = (weights, x, { h = [] }, _, { activation }) => {
  const f = activation === 'identity' ? (s: number) => s : Math.tanh;
  return { h: units(h.length, (u) => f(sumOf(weights, x, h, 0, u))) };
};

/** Equations (4) to (8), and o. */
function memory(weights: PlainWeights, x: number[], h: number[], c: number[]) {
  const n = h.length;
  const g = units(n, (u) => Math.tanh(sumOf(weights, x, h, 0, u)));
  const i = units(n, (u) => sigma(sumOf(weights, x, h, 1, u)));
  const f = units(n, (u) => sigma(sumOf(weights, x, h, 2, u)));
  const o = units(n, (u) => sigma(sumOf(weights, x, h, 3, u)));
  return { c: units(n, (u) => g[u]! * i[u]! + c[u]! * f[u]!), o };
}

/** Equations (4) to (9). */
const lstm: Step = (weights, x, { h = [], c = [] }) => {
  const next = memory(weights, x, h, c);
  return { c: next.c, h: units(h.length, (u) => Math.tanh(next.c[u]!) * next.o[u]!) };
};

/** Equation (12), branch by branch. */
function gate(t: number, tau: number, s: number, rOn: number): number {
  const phi = (t - s - tau * Math.floor((t - s) / tau)) / tau;
  if (phi < rOn / 2) return (2 * phi) / rOn;
  return phi < rOn ? 2 - (2 * phi) / rOn : 0;
}

/** Equations (12) to (16). */
const phasedLstm: Step = (weights, x, { h = [], c = [] }, t, options) => {
  const n = h.length;
  const phase = (name: string, u: number) => weights[name]?.values[u] ?? (options[name] as number);
  const k = units(n, (u) => gate(t, phase('tau', u), phase('s', u), phase('rOn', u)));
  const proposed = memory(weights, x, h, c);
  const next = units(n, (u) => k[u]! * proposed.c[u]! + (1 - k[u]!) * c[u]!);
  return { c: next, h: units(n, (u) => k[u]! * Math.tanh(next[u]!) * proposed.o[u]! + (1 - k[u]!) * h[u]!) };
};

/** Seed 003 problem 3. */
export function gruGates(weights: PlainWeights, x: number[], h: number[]) {
  const n = h.length;
  const z = units(n, (u) => sigma(sumOf(weights, x, h, 0, u)));
  const r = units(n, (u) => sigma(sumOf(weights, x, h, 1, u)));
  const reset = units(n, (u) => r[u]! * h[u]!);
  return { z, r, candidate: units(n, (u) => Math.tanh(sumOf(weights, x, reset, 2, u, weights['candidate'], 0))) };
}

const gru: Step = (weights, x, { h = [] }) => {
  const { z, candidate } = gruGates(weights, x, h);
  return { h: h.map((before, u) => (1 - z[u]!) * before + z[u]! * candidate[u]!) };
};

export const plainCells: Record<CellName, Step> = { rnn, lstm, gru, 'phased-lstm': phasedLstm };
