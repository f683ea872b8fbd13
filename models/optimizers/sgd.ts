import { mul, sub } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import type { Optimizer } from '../types.ts';

const options = z.strictObject({});

/** Stochastic gradient descent: w ← w − η g. */
export const sgd: Optimizer<typeof options> = {
  name: 'sgd',
  summary: 'stochastic gradient descent: w ← w − η g',
  source: 'Robbins and Monro 1951',
  options,
  elementwise: true,
  init: () => ({}),
  update: (weights, gradients, _, rate) => ({
    weights: mapTensors(weights, (w, name) => sub(w, mul(tensorOf(gradients, name), rate))),
    state: {},
  }),
  check: {
    others: {},
    plain: (w, gradients, rate) => gradients.reduce((at, g) => at - rate * g, w),
    golden: [2.314834, 2.348984, 2.350936],
  },
};
