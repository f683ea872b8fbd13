import {
  add,
  matMul,
  mul,
  sigmoid,
  split,
  sub,
  tanh,
  zeros,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { glorot, glorotGates } from '../initial.ts';
import type { Cell, PlainWeights } from '../types.ts';
import { sigma, sumOf, units } from './plain.ts';

const GATES = 3;

const options = z.strictObject({
  bias: z.boolean().default(true).describe('with the biases b_z, b_r, b_h (seed 003), or without any (seed 000)'),
});

/** z, r and ĥ of one example, unit by unit. */
export function plainGates(weights: PlainWeights, x: number[], h: number[]) {
  const n = h.length;
  const z = units(n, (u) => sigma(sumOf(weights, x, h, 0, u)));
  const r = units(n, (u) => sigma(sumOf(weights, x, h, 1, u)));
  const reset = units(n, (u) => r[u]! * h[u]!);
  return { z, r, candidate: units(n, (u) => Math.tanh(sumOf(weights, x, reset, 2, u, weights['candidate'], 0))) };
}

/**
 * Gated recurrent unit, seed 003 problem 3:
 *
 *   z^(t) = σ(W_z x^(t) + U_z h^(t−1) + b_z)        r^(t) = σ(W_r x^(t) + U_r h^(t−1) + b_r)
 *   ĥ^(t) = tanh(W_h x^(t) + U_h (r^(t) ⊙ h^(t−1)) + b_h)
 *   h^(t) = (1 − z^(t)) ⊙ h^(t−1) + z^(t) ⊙ ĥ^(t)
 *
 * with h^(0) = 0. So z = 1 takes the candidate and z = 0 keeps the old state: the convention of the equations and
 * numbers of seeds 000 and 003 (Cho et al. 2014 have it the other way round, and so do answers 4 and 5 of seed 003).
 *
 * Without biases it is the bonus of seed 000, where one matrix works on the concatenation, z = σ(W_z [h^(t−1), x^(t)]):
 * its columns for h are our U, those for x our W.
 *
 * Weights: kernel [d, 3n], gates side by side in the order z, r, h; recurrent [n, 2n] (z, r) and candidate [n, n]
 * (U_hᵀ), each gate's block Glorot-uniform; bias [3n], zero.
 */
export const gru: Cell<typeof options> = {
  name: 'gru',
  summary: 'gated recurrent unit',
  source: 'seed 003, problem 3; seed 000, bonus; Cho et al. 2014',
  options,
  init: ({ inputs, units }, { bias }, stream) => ({
    kernel: glorotGates(inputs, units, GATES, stream),
    recurrent: glorotGates(units, units, 2, stream),
    candidate: glorot(units, units, stream),
    ...(bias && { bias: zeros([GATES * units]) }),
  }),
  parameters: ({ inputs: d, units: n }, { bias }) => GATES * (d * n + n * n + (bias ? n : 0)),
  project({ kernel, bias }, inputs) {
    const sums: Tensor2D = matMul(inputs, kernel as Tensor2D);
    return bias === undefined ? sums : add(sums, bias as Tensor1D);
  },
  initialState: (batch, units) => ({ h: zeros([batch, units]) }),
  step({ recurrent, candidate }, projected, { h: previous }) {
    const h = previous as Tensor2D;
    const n = h.shape[1];
    const [forGates, forCandidate] = split(projected, [2 * n, n], 1) as [Tensor2D, Tensor2D];
    const [update, reset] = split(sigmoid(add(forGates, matMul(h, recurrent as Tensor2D))), 2, 1) as [
      Tensor2D,
      Tensor2D,
    ];
    const proposed = tanh(add(forCandidate, matMul(mul(reset, h), candidate as Tensor2D)));
    return { h: add(mul(sub(1, update), h), mul(update, proposed)) };
  },
  check: {
    variants: [{}, { bias: false }],
    plain(weights, x, { h = [] }) {
      const { z, candidate } = plainGates(weights, x, h);
      return { h: h.map((before, u) => (1 - z[u]!) * before + z[u]! * candidate[u]!) };
    },
    golden: [2.39153, 2.199057, 2.277119],
  },
};
