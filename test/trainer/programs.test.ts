import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkTrial } from '../../core/spec.ts';
import { compile } from '../../engine/replay/index.ts';
import type { Compile } from '../../engine/replay/types.ts';
import { mapTensors, tensorOf, type Tensors } from '../../engine/tensors.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { problemOf, updateOf } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import { flat } from '../../trainer/network/flat.ts';
import { programsKept, programsOnce } from '../../trainer/network/programs.ts';
import { train, type TrainOptions } from '../../trainer/network/train.ts';
import { useBackend } from '../support/backend.ts';

before(() => useBackend());

const trial = (seed: number, learningRate: number, hiddenUnits = 8): NetworkTrial => ({
  task: { name: 'palindrome', length: 6 },
  model: { cell: 'lstm', hiddenUnits, layers: 1 },
  training: { optimizer: 'adam', learningRate, batchSize: 8, maxSteps: 12, evaluateEvery: 6, evaluationSize: 40 },
  seed,
});

async function trained(spec: NetworkTrial, options: TrainOptions) {
  const training = train(spec, options);
  let step = await training.next();
  while (!step.done) step = await training.next();
  return step.value;
}

test('trials that share compiled steps give the same bits as each on its own', async () => {
  const programs = programsKept(compile);
  for (const spec of [trial(1, 0.01), trial(2, 0.01), trial(1, 0.05), trial(1, 0.01, 12), trial(2, 0.01)]) {
    assert.deepEqual(await trained(spec, { programs }), await trained(spec, { compile }));
  }
});

test('steps are compiled once for trials of one network, and those not used for longest are let go', async () => {
  const made: string[] = [];
  let open = 0;
  const counted: Compile = (step, name) => {
    made.push(name);
    open++;
    const compiled = compile(step, name);
    return {
      ...compiled,
      get replayed() {
        return compiled.replayed;
      },
      dispose() {
        open--;
        compiled.dispose();
      },
    };
  };
  const programs = programsKept(counted, 2);
  for (const spec of [trial(1, 0.01), trial(2, 0.03), trial(3, 0.01)]) await trained(spec, { programs });
  assert.deepEqual(made, ['train', 'evaluate']);
  for (const units of [3, 4, 5]) await trained(trial(1, 0.01, units), { programs });
  assert.equal(made.length, 8);
  assert.equal(open, 4);
});

const numbersOf = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, [...x.dataSync()]]));

test('what is held as one vector comes out by name, whatever a name begins with, in whatever order it came', () => {
  const weights = { b: tf.tensor2d([[4, 5]]), 'a.kernel2': tf.tensor1d([3]), 'a.kernel': tf.tensor2d([[1], [2]]) };
  const { hold, named } = flat(weights);
  assert.deepEqual(numbersOf(hold(weights)), { all: [1, 2, 3, 4, 5] });
  const state = { ...mapTensors(weights, tf.neg, '/mean'), ...mapTensors(weights, tf.square, '/square') };
  const held = hold(state);
  assert.deepEqual(numbersOf(held), { 'all/mean': [-1, -2, -3, -4, -5], 'all/square': [1, 4, 9, 16, 25] });
  assert.deepEqual(numbersOf(named(held)), numbersOf(state));
  assert.deepEqual(tensorOf(named(held), 'a.kernel/mean').shape, [2, 1]);
});

for (const [name, optimizer] of Object.entries(optimizers)) {
  test(`${name} trains the bits in one vector that it trains by name`, { skip: !optimizer.elementwise }, () => {
    const spec = trial(1, 0.01);
    spec.training = { ...spec.training, optimizer: name, clip: { norm: 0.1 } };
    const problem = problemOf(spec);
    const update = updateOf(spec);
    const numbers = (step: number) => ({
      ...Object.fromEntries(Object.entries(update.constants).map(([key, x]) => [key, tf.scalar(x)])),
      rate: tf.scalar(0.01),
      step: tf.scalar(step),
    });
    const [together, apart] = [true, false].map((elementwise) => {
      const program = programsOnce(compile).take(spec, problem, { ...update, elementwise });
      const weights = problem.init(stream(1, 'init'));
      let state = [program.hold(weights), program.hold(update.init(weights)), {}];
      for (let step = 1; step <= 3; step++)
        state = program.train.run(...state, problem.batch(stream(1, 'batch', step), 8), numbers(step)).slice(0, 3);
      const [held = {}, kept = {}] = state;
      return {
        count: Object.keys(held).length,
        weights: numbersOf(program.named(held)),
        kept: numbersOf(program.named(kept)),
      };
    });
    assert.ok(together && apart);
    assert.deepEqual([together.count, apart.count], [1, 5]);
    assert.deepEqual(together.weights, apart.weights);
    assert.deepEqual(together.kept, apart.kept);
  });
}
