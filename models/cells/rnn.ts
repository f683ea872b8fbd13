import { add, matMul, tanh, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { glorot } from '../initial.ts';
import type { Cell } from '../types.ts';
import { sumOf, units } from './plain.ts';

const options = z.strictObject({
  activation: z
    .enum(['tanh', 'identity'])
    .default('tanh')
    .describe('what h passes through: tanh, or identity for a linear network'),
});

/**
 * Vanilla (Elman) recurrent network, seed 001 equation (1):
 *
 *   h^(t) = tanh(W_hx x^(t) + W_hh h^(t−1) + b_h)
 *
 * with h^(0) = 0. Weights: kernel W_hxᵀ [d, n] and recurrent W_hhᵀ [n, n], Glorot-uniform; bias b_h [n], zero.
 * `identity` leaves the tanh out (seed 003 problem 2, seed 004 question 1).
 */
export const rnn: Cell<typeof options> = {
  name: 'rnn',
  summary: 'vanilla recurrent network',
  source: 'seed 001, equation (1)',
  options,
  init: ({ inputs, units }, _, stream) => ({
    kernel: glorot(inputs, units, stream),
    recurrent: glorot(units, units, stream),
    bias: zeros([units]),
  }),
  parameters: ({ inputs: d, units: n }) => d * n + n * n + n,
  project: ({ kernel, bias }, inputs) => add(matMul(inputs, kernel as Tensor2D), bias as Tensor1D),
  initialState: (batch, units) => ({ h: zeros([batch, units]) }),
  step({ recurrent }, projected, { h }, _, { activation }) {
    const sum: Tensor2D = add(projected, matMul(h as Tensor2D, recurrent as Tensor2D));
    return { h: activation === 'tanh' ? tanh(sum) : sum };
  },
  check: {
    variants: [{}, { activation: 'identity' }],
    plain(weights, x, { h = [] }, _, { activation }) {
      const f = activation === 'identity' ? (sum: number) => sum : Math.tanh;
      return { h: units(h.length, (u) => f(sumOf(weights, x, h, 0, u))) };
    },
    golden: [2.516354, 2.270737, 2.232332],
  },
};
