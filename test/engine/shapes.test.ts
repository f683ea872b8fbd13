/** A recording by shapes is the one that is made by running the step: the same bytes, of every program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { runEagerly } from '../../engine/replay/eager.ts';
import { recordShapes } from '../../engine/replay/shapes/index.ts';
import { record } from '../../engine/replay/record.ts';
import { nativeBackend } from '../../engine/replay/tensorflow/binding.ts';
import { toSavedModel } from '../../engine/replay/tensorflow/saved-model.ts';
import type { Compile, TensorFunction } from '../../engine/replay/types.ts';
import { stream } from '../../models/random.ts';
import { problemOf, updateOf } from '../../models/problem.ts';
import { programsOnce } from '../../trainer/network/programs.ts';
import { nativeDevice } from '../support/devices.ts';
import { choices, corpus, nameOf, trialOf, type Choice } from '../support/replayed-trials.ts';

const { skip, load } = await nativeDevice();
if (!skip) await load();

/** Runs the step as it is, and notes whether both recordings of it are the same. */
function compared(same: boolean[]): Compile {
  return (step) => {
    const run: TensorFunction = (...inputs) => {
      const copies = inputs.map((x) => tf.tensor(x.dataSync().slice(), x.shape, x.dtype));
      const ran = record(step, copies, nativeBackend() ?? assert.fail('not native'));
      tf.dispose(copies);
      same.push(Buffer.from(toSavedModel(recordShapes(step, inputs)).bytes).equals(toSavedModel(ran).bytes));
      return runEagerly(step, inputs, 1);
    };
    return { run, lanes: () => run, replayed: false, dispose: () => {} };
  };
}

function check(choice: Choice): boolean[] {
  const same: boolean[] = [];
  const trial = trialOf(choice);
  const problem = problemOf(trial, corpus);
  const update = updateOf(trial);
  const { train, evaluate, hold } = programsOnce(compared(same)).take(trial, problem, update);
  const size = trial.training.batchSize;
  tf.tidy(() => {
    const initial = problem.init(stream(1, 'init'));
    const weights = hold(initial);
    const carried = problem.carried?.(size) ?? {};
    const batch = problem.batch(stream(1, 'batch', 1), size);
    const constants = Object.entries(update.constants).map(([name, value]) => [name, tf.scalar(value)] as const);
    const numbers = { ...Object.fromEntries(constants), rate: tf.scalar(0.001), step: tf.scalar(1) };
    train.run(weights, hold(update.init(initial)), carried, batch, numbers);
    evaluate.run(weights, (problem.evaluationBatch ?? problem.batch)(stream(1, 'evaluate'), size), carried);
  });
  return same;
}

for (const choice of choices) {
  test(`recorded by shapes: ${nameOf(choice)}`, { skip }, () => assert.deepEqual(check(choice), [true, true]));
}

test('what is recorded is run by nobody, and the backend in use is the one before', { skip }, () => {
  let calls = 0;
  const before = tf.memory().numTensors;
  const graph = recordShapes(
    (x) => {
      calls += 1;
      return [tf.sum(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D))];
    },
    [{ shape: [300, 300], dtype: 'float32' }],
  );
  assert.deepEqual([calls, graph.outputs.length, tf.memory().numTensors], [1, 1, before]);
  assert.equal(tf.getBackend(), 'tensorflow');
});
