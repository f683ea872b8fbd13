import { add, div, mul, sqrt, square, sub, zerosLike } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import type { Optimizer } from '../types.ts';
import { LEAST_EPSILON } from './limits.ts';

const options = z.strictObject({
  rho: z.number().min(0).lt(1).default(0.99).describe('ρ, how slowly the mean square forgets'),
  epsilon: z.number().min(LEAST_EPSILON).default(1e-8).describe('ε, keeps the division finite'),
});

/**
 * RMSProp, with PyTorch's constants and its ε outside the root: s ← ρ s + (1 − ρ) g², w ← w − η g / (√s + ε), with s =
 * 0 at first.
 */
export const rmsprop: Optimizer<typeof options> = {
  name: 'rmsprop',
  summary: "each weight's step divided by its gradient's running size: s ← ρ s + (1 − ρ) g², w ← w − η g / (√s + ε)",
  source: 'Tieleman and Hinton 2012, lecture 6.5',
  options,
  elementwise: true,
  init: (weights) => mapTensors(weights, zerosLike, '/square'),
  update(weights, gradients, state, rate, _, { rho, epsilon }) {
    const squares = mapTensors(gradients, (g, name) =>
      add(mul(tensorOf(state, `${name}/square`), rho), mul(square(g), sub(1, rho))),
    );
    return {
      weights: mapTensors(weights, (w, name) =>
        sub(w, div(mul(tensorOf(gradients, name), rate), add(sqrt(tensorOf(squares, name)), epsilon))),
      ),
      state: mapTensors(squares, (s) => s, '/square'),
    };
  },
  check: {
    others: { rho: 0.8, epsilon: 0.1 },
    plain(w, gradients, rate, { rho, epsilon }) {
      let s = 0;
      for (const g of gradients) {
        s = rho * s + (1 - rho) * g * g;
        w -= (rate * g) / (Math.sqrt(s) + epsilon);
      }
      return w;
    },
    golden: [2.314834, 2.27357, 2.324362],
  },
};
