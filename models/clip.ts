import { addN, div, maximum, minimum, mul, neg, sqrt, square, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { Clip } from '../core/spec.ts';
import { listOf, mapTensors } from '../engine/tensors.ts';
import type { Tensors } from './types.ts';

/** √Σ g², over all tensors together. */
export function globalNorm(gradients: Tensors): Tensor {
  return sqrt(addN(listOf(gradients).map((g) => sum(square(g)))));
}

export type ClipKind = 'norm' | 'value' | 'none';

/** How gradients are clipped, and to what bound. */
export function clipOf(clip: Clip | undefined): { kind: ClipKind; bound?: number } {
  if (clip?.value !== undefined) return { kind: 'value', bound: clip.value };
  return clip?.norm === undefined ? { kind: 'none' } : { kind: 'norm', bound: clip.norm };
}

/**
 * By norm: all gradients together scaled by min(1, bound / ‖g‖), which keeps their direction (Pascanu, Mikolov and
 * Bengio
 * 2013, algorithm 1). By value: each number of each gradient cut to [−bound, bound] (seed 000 part B). The bound is a
 * scalar. What it yields clips any of the gradients, or several side by side.
 */
export function clipping(gradients: Tensors, kind: ClipKind, bound: Tensor | number): (g: Tensor) => Tensor {
  switch (kind) {
    case 'none':
      return (g) => g;
    case 'value':
      return (g) => maximum(minimum(g, bound), typeof bound === 'number' ? -bound : neg(bound));
    case 'norm': {
      const factor = minimum(1, div(bound, globalNorm(gradients)));
      return (g) => mul(g, factor);
    }
  }
}

export const clipGradients = (gradients: Tensors, kind: ClipKind, bound: Tensor | number): Tensors =>
  mapTensors(gradients, clipping(gradients, kind, bound));
