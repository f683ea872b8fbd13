import {
  cast,
  oneHot,
  reshape,
  tensor1d,
  tensor2d,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { metrics } from '../../core/metrics.ts';
import { gradientFlow } from '../diagnostics.ts';
import { accuracy, crossEntropy } from '../loss.ts';
import { outputLayer } from '../layers/output.ts';
import type { Stream } from '../random.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { Batch, Task, Weights } from '../types.ts';
import { checkTruncate, recurrentNetwork } from '../layers/unroll.ts';

const DIGITS = 10;
/**
 * Examples that the gradient's flow is averaged over: their spread is a few per cent, and an eager step with them is
 * quick.
 */
const FLOW_BATCH = 32;

const options = z.strictObject({
  // An unrolled step holds every hidden state: beyond 10,000 digits one batch would not fit in memory.
  length: z
    .int()
    .min(2)
    .max(10_000)
    .default(10)
    .describe('T, digits in a palindrome: the network reads the first T − 1 and predicts the last'),
  encoding: z
    .enum(['one-hot', 'scalar'])
    .default('one-hot')
    .describe('how a digit is shown: as 10 numbers of which one is 1, or as one number from 0 to 9 (as in the course)'),
});

/**
 * `count` palindromes of `length` digits, [time, example]: a random first half (with the middle digit, where the length
 * is odd), then its mirror image; as the course's generate_palindrome.
 */
export function palindromes(stream: Stream, length: number, count: number): Int32Array {
  const half = Math.ceil(length / 2) * count;
  const digits = new Int32Array(length * count);
  stream.fillBelow(digits.subarray(0, half), DIGITS);
  for (let t = Math.ceil(length / 2); t < length; t++) {
    const mirror = (length - 1 - t) * count;
    digits.copyWithin(t * count, mirror, mirror + count);
  }
  return digits;
}

/**
 * Palindrome numbers, seed 001 part 1: the first T − 1 digits go in, the softmax of the last output (2) is a
 * distribution over the last digit, and its cross-entropy (3) is the loss. The answer is the first digit, T − 1 steps
 * ago.
 */
export const palindrome: Task<typeof options> = {
  name: 'palindrome',
  summary: 'read a palindrome but for its last digit, then say that digit: how far back can a network remember?',
  source: 'seed 001, part 1, equation (3)',
  options,
  metrics: {
    accuracy: { ...metrics.accuracy, meaning: 'share of last digits that are right' },
    loss: { ...metrics.loss, meaning: 'mean cross-entropy (3) of the last digit, in nats' },
  },
  build({ length, encoding }, model, training) {
    const steps = length - 1;
    const width = encoding === 'one-hot' ? DIGITS : 1;
    checkTruncate(training.truncate, steps);
    const network = recurrentNetwork(model, width, training);
    const output = outputLayer(network.units, DIGITS);

    function lastLogits(weights: Weights, batch: Batch, taps?: Tensor3D[]): Tensor2D {
      const digits = tensorOf<Tensor2D>(batch, 'digits');
      const coded = encoding === 'one-hot' ? oneHot(digits, DIGITS) : digits;
      const inputs: Tensor3D = reshape(cast(coded, 'float32'), [steps, digits.shape[1], width]);
      return output.logits(weights, network.run(weights, inputs, undefined, 0, { taps }).outputs.at(-1) as Tensor2D);
    }
    const answers = (batch: Batch) => tensorOf<Tensor1D>(batch, 'answers');

    function draw(stream: Stream, size: number): Batch {
      const digits = palindromes(stream, length, size);
      return {
        digits: tensor2d(digits.subarray(0, steps * size), [steps, size], 'int32'),
        answers: tensor1d(digits.subarray(steps * size), 'int32'),
      };
    }

    return {
      parameters: network.parameters + output.parameters,
      init: (stream) => ({ ...network.init(stream), ...output.init(stream) }),
      batch: draw,
      loss: (weights, batch) => ({ loss: crossEntropy(lastLogits(weights, batch), answers(batch)) }),
      metrics(weights, batch) {
        const logits = lastLogits(weights, batch);
        return { accuracy: accuracy(logits, answers(batch)), loss: crossEntropy(logits, answers(batch)) };
      },
      observe(weights, at, stream) {
        if (!at.first && !at.last) return [];
        const batch = draw(stream, FLOW_BATCH);
        const flow = gradientFlow({ network, weights, steps, batch: FLOW_BATCH }, (w, taps) =>
          crossEntropy(lastLogits(w, batch, taps), answers(batch)),
        );
        return [flow, ...network.observe(weights, steps, at)];
      },
    };
  },
};
