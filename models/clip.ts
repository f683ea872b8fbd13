import { addN, clipByValue, div, minimum, mul, sqrt, square, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Clip } from '../core/spec.ts';
import { listOf, mapTensors } from './tensors.ts';
import type { Tensors } from './types.ts';

/** √Σ g², over all tensors together. */
export function globalNorm(gradients: Tensors): Tensor {
  return sqrt(addN(listOf(gradients).map((g) => sum(square(g)))));
}

/**
 * By norm: all gradients together scaled by min(1, norm / ‖g‖), which keeps their direction (Pascanu, Mikolov and Bengio
 * 2013, algorithm 1). By value: each number of each gradient cut to [−value, value] (seed 000 part B).
 */
export function clipGradients(gradients: Tensors, clip: Clip | undefined): Tensors {
  if (clip === undefined) return gradients;
  if ('value' in clip) return mapTensors(gradients, (g) => clipByValue(g, -clip.value, clip.value));
  const factor = minimum(1, div(clip.norm, globalNorm(gradients)));
  return mapTensors(gradients, (g) => mul(g, factor));
}
