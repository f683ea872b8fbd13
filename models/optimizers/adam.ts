import { add, div, mul, pow, sqrt, square, sub, zerosLike } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import type { Optimizer } from '../types.ts';
import { LEAST_EPSILON, MOST_BETA } from './limits.ts';

const options = z.strictObject({
  beta1: z.number().min(0).max(MOST_BETA).default(0.9).describe('β₁, how slowly the mean gradient forgets'),
  beta2: z.number().min(0).max(MOST_BETA).default(0.999).describe('β₂, how slowly the mean square forgets'),
  epsilon: z.number().min(LEAST_EPSILON).default(1e-8).describe('ε, keeps the division finite'),
});

/**
 * Adam, algorithm 1 of Kingma and Ba 2015, with m = v = 0 at first:
 *
 *   m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *   w ← w − η m̂ / (√v̂ + ε)       m̂ = m / (1 − β₁^t), v̂ = v / (1 − β₂^t)
 */
export const adam: Optimizer<typeof options> = {
  name: 'adam',
  summary: 'momentum and RMSProp with bias correction: w ← w − η m̂ / (√v̂ + ε)',
  source: 'Kingma and Ba 2015, algorithm 1',
  options,
  elementwise: true,
  init: (weights) => ({ ...mapTensors(weights, zerosLike, '/mean'), ...mapTensors(weights, zerosLike, '/square') }),
  update(weights, gradients, state, rate, step, { beta1, beta2, epsilon }) {
    const means = mapTensors(gradients, (g, name) =>
      add(mul(tensorOf(state, `${name}/mean`), beta1), mul(g, sub(1, beta1))),
    );
    const squares = mapTensors(gradients, (g, name) =>
      add(mul(tensorOf(state, `${name}/square`), beta2), mul(square(g), sub(1, beta2))),
    );
    const correct1 = sub(1, pow(beta1, step));
    const correct2 = sub(1, pow(beta2, step));
    return {
      weights: mapTensors(weights, (w, name) => {
        const mean = div(tensorOf(means, name), correct1);
        const size = add(sqrt(div(tensorOf(squares, name), correct2)), epsilon);
        return sub(w, div(mul(mean, rate), size));
      }),
      state: { ...mapTensors(means, (m) => m, '/mean'), ...mapTensors(squares, (s) => s, '/square') },
    };
  },
  check: {
    others: { beta1: 0.7, beta2: 0.8, epsilon: 0.1 },
    plain(w, gradients, rate, { beta1, beta2, epsilon }) {
      let [m, v] = [0, 0];
      gradients.forEach((g, i) => {
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        w -= (rate * (m / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + epsilon);
      });
      return w;
    },
    golden: [2.314834, 2.322067, 2.350434],
  },
};
