import {
  add,
  concat,
  fill,
  matMul,
  mul,
  sigmoid,
  split,
  tanh,
  zeros,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { glorotGates } from '../initial.ts';
import type { Cell, LayerSize, Weights, PlainWeights } from '../types.ts';
import { sigma, sumOf, units } from './plain.ts';
import type { Stream } from '../random.ts';

const GATES = 4;

export const forgetBias = z
  .number()
  .default(1)
  .describe("initial value of the forget gate's bias b_f: above 0, the cell remembers at first");

const options = z.strictObject({ forgetBias });

/** Weights of the four gates side by side in the order g, i, f, o; bias zero, but for the forget gate's. */
export function initLstm({ inputs, units }: LayerSize, forgetBias: number, stream: Stream): Weights {
  return {
    kernel: glorotGates(inputs, units, GATES, stream),
    recurrent: glorotGates(units, units, GATES, stream),
    bias: concat([zeros([2 * units]), fill([units], forgetBias), zeros([units])]),
  };
}

export function lstmParameters({ inputs: d, units: n }: LayerSize): number {
  return GATES * (d * n + n * n + n);
}

/** Equations (4) to (8), from the gates' sums [batch, 4n] and c^(t−1): c^(t), and the output gate that (9) needs. */
export function lstmMemory(sums: Tensor2D, c: Tensor2D): { c: Tensor2D; o: Tensor2D } {
  const [g, i, f, o] = split(sums, GATES, 1) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
  return { c: add(mul(tanh(g), sigmoid(i)), mul(c, sigmoid(f))), o: sigmoid(o) };
}

/** c and o of one example, unit by unit. */
export function plainMemory(weights: PlainWeights, x: number[], h: number[], c: number[]) {
  const n = h.length;
  const g = units(n, (u) => Math.tanh(sumOf(weights, x, h, 0, u)));
  const i = units(n, (u) => sigma(sumOf(weights, x, h, 1, u)));
  const f = units(n, (u) => sigma(sumOf(weights, x, h, 2, u)));
  const o = units(n, (u) => sigma(sumOf(weights, x, h, 3, u)));
  return { c: units(n, (u) => g[u]! * i[u]! + c[u]! * f[u]!), o };
}

/**
 * Long short-term memory, seed 001 equations (4)–(9):
 *
 *   g^(t) = tanh(W_gx x^(t) + W_gh h^(t−1) + b_g)        i^(t) = σ(W_ix x^(t) + W_ih h^(t−1) + b_i)
 *   f^(t) = σ(W_fx x^(t) + W_fh h^(t−1) + b_f)           o^(t) = σ(W_ox x^(t) + W_oh h^(t−1) + b_o)
 *   c^(t) = g^(t) ⊙ i^(t) + c^(t−1) ⊙ f^(t)              h^(t) = tanh(c^(t)) ⊙ o^(t)
 *
 * with h^(0) = c^(0) = 0. Weights, gates side by side in the order g, i, f, o: kernel [d, 4n] and recurrent [n, 4n],
 * each gate's block Glorot-uniform; bias [4n], zero but for b_f = forgetBias (Gers, Schmidhuber and Cummins 2000;
 * 1 as Jozefowicz, Zaremba and Sutskever 2015 advise).
 */
export const lstm: Cell<typeof options> = {
  name: 'lstm',
  summary: 'long short-term memory',
  source: 'seed 001, equations (4)–(9)',
  options,
  init: (size, { forgetBias }, stream) => initLstm(size, forgetBias, stream),
  parameters: lstmParameters,
  project: ({ kernel, bias }, inputs) => add(matMul(inputs, kernel as Tensor2D), bias as Tensor1D),
  initialState: (batch, units) => ({ h: zeros([batch, units]), c: zeros([batch, units]) }),
  step({ recurrent }, projected, state) {
    const { c, o } = lstmMemory(
      add(projected, matMul(state['h'] as Tensor2D, recurrent as Tensor2D)),
      state['c'] as Tensor2D,
    );
    return { h: mul(tanh(c), o), c };
  },
  check: {
    variants: [{}],
    plain(weights, x, { h = [], c = [] }) {
      const next = plainMemory(weights, x, h, c);
      return { c: next.c, h: units(h.length, (u) => Math.tanh(next.c[u]!) * next.o[u]!) };
    },
    golden: [2.2853, 2.188896, 2.204409],
  },
};
