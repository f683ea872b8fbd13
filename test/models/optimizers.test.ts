import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { clipGradients, globalNorm } from '../../models/clip.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { namesOf, tensorOf } from '../../engine/tensors.ts';
import type { Optimizer, Options } from '../../models/types.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend('cpu');
});

const gradients = [
  [0.5, -2, 0.001],
  [0.25, 3, -0.002],
  [-1, 1, 0.003],
  [0.125, -0.5, 0],
  [2, 2, 2],
];
const start = [1, -2, 3];

/** One entry alone, as `npm run check -- optimizer adam` asks; left out: all. */
const only = process.env['SWEEP_CHECK'];

for (const [name, entry] of Object.entries(optimizers)) {
  if (only !== undefined && name !== only) continue;
  const optimizer: Optimizer = entry;
  describe(name, () => {
    for (const given of [{}, optimizer.check.others]) {
      const options = optimizer.options.parse(given) as Options;
      test(`five steps follow the published rule with ${JSON.stringify(options)}`, () => {
        let weights: tf.NamedTensorMap = { a: tf.tensor1d(start), b: tf.tensor2d([[start[0]!]]) };
        let state = optimizer.init(weights);
        const names = namesOf(state);
        gradients.forEach((g, i) => {
          const next = optimizer.update(
            weights,
            { a: tf.tensor1d(g), b: tf.tensor2d([[g[0]!]]) },
            state,
            tf.scalar(0.1),
            tf.scalar(i + 1),
            options,
          );
          weights = next.weights as tf.NamedTensorMap;
          state = next.state;
        });
        assert.deepEqual(namesOf(weights), ['a', 'b']);
        assert.deepEqual(namesOf(state), names, 'the state keeps its names');
        const actual = tensorOf(weights, 'a').dataSync();
        start.forEach((w, j) => {
          const expected = optimizer.check.plain(
            w,
            gradients.map((g) => g[j]!),
            0.1,
            options,
          );
          assert.ok(Math.abs(actual[j]! - expected) < 5e-6, `weight ${j} is ${actual[j]}, expected ${expected}`);
        });
        assert.equal(tensorOf(weights, 'b').dataSync()[0], actual[0], 'every weight is updated alike');
      });
    }
  });
}

test('every option of an optimizer is changed by its check, so that one that nobody reads shows', () => {
  for (const { name, options, check } of Object.values<Optimizer>(optimizers)) {
    const usual = options.parse({}) as Options;
    for (const key of Object.keys(options.shape))
      assert.notEqual((check.others as Options)[key] ?? usual[key], usual[key], `${name}: check.others has no ${key}`);
  }
});

describe('clipping', () => {
  const g = () => ({ a: tf.tensor1d([3, 0]), b: tf.tensor1d([-4]) });
  const values = (clipped: Record<string, tf.Tensor>) => [
    ...tensorOf(clipped, 'a').dataSync(),
    ...tensorOf(clipped, 'b').dataSync(),
  ];

  test('the global norm is that of all gradients together', () => {
    assert.equal(globalNorm(g()).dataSync()[0], 5);
  });
  test('by norm: longer gradients are scaled to the norm, shorter ones left as they are', () => {
    const scaled = values(clipGradients(g(), 'norm', 2.5));
    [1.5, 0, -2].forEach((x, i) => assert.ok(Math.abs(scaled[i]! - x) < 1e-6));
    assert.deepEqual(values(clipGradients(g(), 'norm', 5.1)), [3, 0, -4]);
  });
  test('by norm: gradients of zero stay zero', () => {
    assert.deepEqual([...tensorOf(clipGradients({ a: tf.zeros([2]) }, 'norm', 1), 'a').dataSync()], [0, 0]);
  });
  test('by value: every number is cut to the interval', () => {
    assert.deepEqual(values(clipGradients(g(), 'value', 3.5)), [3, 0, -3.5]);
  });
  test('without a limit, nothing is touched', () => {
    assert.deepEqual(values(clipGradients(g(), 'none', 0)), [3, 0, -4]);
  });
});
