import { add, mul, sub, zerosLike } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import type { Optimizer } from '../types.ts';

const options = z.strictObject({
  momentum: z.number().min(0).lt(1).default(0.9).describe("μ, how much of the last step's velocity is kept"),
});

/** Momentum, as PyTorch's SGD has it: v ← μ v + g, w ← w − η v, with v = 0 at first. */
export const momentum: Optimizer<typeof options> = {
  name: 'momentum',
  summary: 'gradient descent with momentum: v ← μ v + g, w ← w − η v',
  source: 'Polyak 1964; Sutskever, Martens, Dahl and Hinton 2013',
  options,
  elementwise: true,
  init: (weights) => mapTensors(weights, zerosLike, '/velocity'),
  update(weights, gradients, state, rate, _, { momentum: mu }) {
    const velocity = mapTensors(gradients, (g, name) => add(mul(tensorOf(state, `${name}/velocity`), mu), g));
    return {
      weights: mapTensors(weights, (w, name) => sub(w, mul(tensorOf(velocity, name), rate))),
      state: mapTensors(velocity, (v) => v, '/velocity'),
    };
  },
  check: {
    others: { momentum: 0.5 },
    plain(w, gradients, rate, { momentum: mu }) {
      let v = 0;
      for (const g of gradients) w -= rate * (v = mu * v + g);
      return w;
    },
    golden: [2.314834, 2.345613, 2.351156],
  },
};
