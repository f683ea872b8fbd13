import {
  argMax,
  cast,
  div,
  equal,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  sum,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/** Mean over all rows, or over those where the mask [rows] is 1. */
export function meanOver(values: Tensor1D, mask?: Tensor1D): Scalar {
  return mask === undefined ? mean(values) : div(sum(mul(values, mask)), sum(mask));
}

/**
 * −log ŷ_k of the true class k in each row, ŷ = softmax(logits): seed 001 equation (3). logits [rows, classes], labels
 * int32 [rows].
 */
export function crossEntropies(logits: Tensor2D, labels: Tensor1D): Tensor1D {
  const truth = oneHot(labels, logits.shape[1]);
  return neg(sum<Tensor1D>(mul(logSoftmax(logits), truth), 1));
}

export function crossEntropy(logits: Tensor2D, labels: Tensor1D, mask?: Tensor1D): Scalar {
  return meanOver(crossEntropies(logits, labels), mask);
}

/** The share of rows whose largest logit is the true class. */
export function accuracy(logits: Tensor2D, labels: Tensor1D, mask?: Tensor1D): Scalar {
  const right = cast(equal<Tensor1D>(argMax(logits, 1), labels), 'float32');
  return meanOver(right, mask);
}
