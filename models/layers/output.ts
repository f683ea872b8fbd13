import { add, matMul, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { glorot } from '../initial.ts';
import type { Stream } from '../random.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { Weights } from '../types.ts';

/** The linear map from hidden states to logits, seed 001 equation (2): p = W_ph h + b_p. */
export interface OutputLayer {
  parameters: number;
  init(stream: Stream): Weights;
  /** [rows, units] -> [rows, classes] */
  logits(weights: Weights, h: Tensor2D): Tensor2D;
}

/** Weights: output.kernel W_phᵀ [units, classes], Glorot-uniform; output.bias b_p [classes], zero. */
export function outputLayer(units: number, classes: number): OutputLayer {
  return {
    parameters: units * classes + classes,
    init: (stream) => ({ 'output.kernel': glorot(units, classes, stream), 'output.bias': zeros([classes]) }),
    logits: (weights, h) =>
      add(matMul(h, tensorOf<Tensor2D>(weights, 'output.kernel')), tensorOf<Tensor1D>(weights, 'output.bias')),
  };
}
