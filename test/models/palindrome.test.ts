import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { accuracy, crossEntropy } from '../../models/loss.ts';
import { stream } from '../../models/random.ts';
import { palindrome, palindromes } from '../../models/tasks/palindrome.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { ModelSpec, TrainingSpec } from '../../core/spec.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

const model: ModelSpec = { cell: 'rnn', hiddenUnits: 3, layers: 1 };
const training: TrainingSpec = {
  optimizer: 'sgd',
  learningRate: 0.1,
  batchSize: 4,
  maxSteps: 1,
  evaluateEvery: 1,
  evaluationSize: 4,
};

test('every sequence reads the same backward, for even and odd lengths', () => {
  for (const length of [2, 3, 10, 11]) {
    const count = 6,
      digits = palindromes(stream(1, 'batch', length), length, count);
    for (let example = 0; example < count; example++) {
      const word = Array.from({ length }, (_, t) => digits[t * count + example]!);
      assert.deepEqual(word, [...word].reverse());
      assert.ok(word.every((digit) => Number.isInteger(digit) && digit >= 0 && digit <= 9));
    }
  }
});

test('the first half is free: all 100 beginnings of two digits occur, middle digits too', () => {
  const count = 5000,
    digits = palindromes(stream(2, 'batch'), 5, count);
  for (const [a, b] of [
    [0, 1],
    [1, 2],
  ] as const) {
    assert.equal(
      new Set(Array.from({ length: count }, (_, i) => digits[a * count + i]! * 10 + digits[b * count + i]!)).size,
      100,
    );
  }
});

test('the network sees the first T − 1 digits, and is asked for the last, which is the first', () => {
  const problem = palindrome.build({ length: 6, encoding: 'one-hot' }, model, training);
  const batch = problem.batch(stream(3, 'batch', 1), 4);
  const digits = tensorOf<tf.Tensor2D>(batch, 'digits');
  assert.deepEqual(digits.shape, [5, 4]);
  assert.deepEqual([...tensorOf(batch, 'answers').dataSync()], digits.arraySync()[0]);
});

test('parameters: one input number for scalar digits, ten for one-hot ones', () => {
  const [n, k] = [3, 10];
  const count = (encoding: 'one-hot' | 'scalar') =>
    palindrome.build({ length: 6, encoding }, model, training).parameters;
  assert.equal(count('scalar'), 1 * n + n * n + n + n * k + k);
  assert.equal(count('one-hot'), 10 * n + n * n + n + n * k + k);
});

test('scalar digits go in as they are, from 0 to 9', () => {
  const linear = { ...model, hiddenUnits: 1, activation: 'identity' };
  const problem = palindrome.build({ length: 2, encoding: 'scalar' }, linear, training);
  // h = digit, logits = h × (0, 1, 0, …): the loss is that of a logit that equals the digit.
  const weights = {
    'layer0.kernel': tf.ones([1, 1]),
    'layer0.recurrent': tf.zeros([1, 1]),
    'layer0.bias': tf.zeros([1]),
    'output.kernel': tf.tensor2d([[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]]),
    'output.bias': tf.zeros([10]),
  };
  const { loss } = problem.loss(
    weights,
    { digits: tf.tensor2d([[7]], [1, 1], 'int32'), answers: tf.tensor1d([1], 'int32') },
    {},
  );
  assert.ok(Math.abs(loss.dataSync()[0]! - (Math.log(Math.exp(7) + 9) - 7)) < 1e-6);
});

test("cross-entropy is −log of the true class's softmax, its mean over the rows that the mask keeps", () => {
  const logits = tf.tensor2d([
      [0, Math.log(3)],
      [0, 0],
      [5, -5],
    ]),
    labels = tf.tensor1d([1, 0, 1], 'int32');
  const each = [Math.log(4 / 3), Math.log(2), Math.log(1 + Math.exp(10))];
  const near = (x: tf.Tensor, expected: number) =>
    assert.ok(Math.abs(x.dataSync()[0]! - expected) < 1e-5, `${x.dataSync()[0]} is not ${expected}`);
  near(crossEntropy(logits, labels), (each[0]! + each[1]! + each[2]!) / 3);
  near(crossEntropy(logits, labels, tf.tensor1d([1, 1, 0])), (each[0]! + each[1]!) / 2);
  near(accuracy(logits, labels), 2 / 3);
  near(accuracy(logits, labels, tf.tensor1d([0, 1, 1])), 1 / 2);
});

test('truncated back-propagation over more steps than the network sees is refused, with both numbers', () => {
  const build = (truncate: number) =>
    palindrome.build({ length: 6, encoding: 'scalar' }, model, { ...training, truncate });
  assert.throws(() => build(6), /training\.truncate is 6, but the network sees only 5 time steps/);
  assert.ok(build(5));
});
