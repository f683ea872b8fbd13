/** What there is to see of a network besides its metrics. */
import { valueAndGrads, zeros, type Scalar, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';
import { listOf, namesOf, partsOf, takeNamed } from '../engine/tensors.ts';
import type { Observed, Weights } from './types.ts';
import type { Network } from './layers/unroll.ts';

/** A number as it is shown; what overflows is no number in JSON. */
const shown = (x: number): number | null => (Number.isFinite(x) ? Number(x.toPrecision(6)) : null);

/** √Σ x², in doubles: the squares of large gradients overflow in 32-bit floats. */
const normOf = (xs: Iterable<number>): number => {
  let sum = 0;
  for (const x of xs) sum += x * x;
  return Math.sqrt(sum);
};

/** Σ over the batch of each example's norm, at each time step of a gradient [time, batch, units]. */
function normsOverTime(gradient: Tensor3D): number[] {
  const [, batch, units] = gradient.shape;
  return partsOf(gradient).map((step) => {
    const values = step.dataSync();
    return Array.from({ length: batch }, (_, i) => normOf(values.subarray(i * units, (i + 1) * units))).reduce(
      (sum, norm) => sum + norm,
      0,
    );
  });
}

export interface FlowOf {
  network: Network;
  weights: Weights;
  steps: number;
  batch: number;
}

/**
 * How the gradient flows back through time: `layers` has, for each layer from the bottom up, ‖∂L/∂h^(t)‖ at t = 1, 2,
 * …, where L is the loss of one example and the norms' mean is taken over `batch` of them; `norm` is ‖∂L/∂θ‖ of their
 * mean loss over all weights together, before any clipping.
 *
 * `loss` is that mean loss, with the taps added in the network (RunOptions).
 */
export function gradientFlow(
  { network, weights, steps, batch }: FlowOf,
  loss: (weights: Weights, taps: Tensor3D[]) => Scalar,
): Observed {
  const names = namesOf(weights);
  const taps = Array.from({ length: network.layers }, (): Tensor3D => zeros([steps, batch, network.units]));
  const lossOf = (...list: Tensor[]) => loss(takeNamed(names, list), list as Tensor3D[]); // takes the weights off the list: the taps are left
  const { grads } = valueAndGrads(lossOf)([...listOf(weights), ...taps]);
  const byWeights = grads.splice(0, names.length);
  return {
    kind: 'gradient-flow',
    data: {
      // An example has 1/batch of the mean loss: its gradient is `batch` times what reaches its row.
      layers: (grads as Tensor3D[]).map((gradient) => normsOverTime(gradient).map(shown)),
      norm: shown(normOf(byWeights.map((gradient) => normOf(gradient.dataSync())))),
    },
  };
}
