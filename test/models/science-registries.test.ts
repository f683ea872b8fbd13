import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { metricOf } from '../../core/metrics.ts';
import type { ModelSpec, TaskSpec, TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { describeRegistry } from '../../models/describe.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { entryOf, ownOptions } from '../../models/options.ts';
import { countParameters, problemOf } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import { tasks } from '../../models/tasks/index.ts';
import { listOf, namesOf, tensorOf, type Tensors } from '../../engine/tensors.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { Entry } from '../../models/types.ts';
import { useBackend } from '../support/backend.ts';
import { cellVariants } from '../support/cell-variants.ts';

before(async () => {
  await useBackend();
});

const registries: Record<string, Record<string, Entry>> = { cells, tasks, optimizers };

for (const [registry, entries] of Object.entries(registries)) {
  for (const [key, entry] of Object.entries(entries)) {
    test(`${registry}: ${key} says what it is, where it comes from and what its options mean`, () => {
      assert.equal(entry.name, key);
      assert.ok(entry.summary.length > 0 && !entry.summary.includes('\n'));
      assert.ok(entry.source.length > 0);
      const [described] = describeRegistry({ [key]: entry });
      for (const option of described!.options)
        assert.ok(option.description.length > 0, `${option.name} is not described`);
    });
    test(`${registry}: ${key} refuses an option that it does not have`, () => {
      assert.equal(entry.options.safeParse({ ...ownOptions(entry, {}), noSuchOption: 1 }).success, false);
    });
  }
}

test("no option is called like one of its section's own, so that they can live side by side", () => {
  const own: Record<string, string[]> = {
    cells: ['cell', 'hiddenUnits', 'layers'],
    tasks: ['name'],
    optimizers: [
      'optimizer',
      'learningRate',
      'batchSize',
      'maxSteps',
      'evaluateEvery',
      'evaluationSize',
      'clip',
      'stopWhen',
      'decay',
      'truncate',
    ],
  };
  for (const [registry, entries] of Object.entries(registries)) {
    for (const entry of Object.values(entries)) {
      assert.deepEqual(
        Object.keys(entry.options.shape).filter((key) => own[registry]!.includes(key)),
        [],
        entry.name,
      );
    }
  }
});

const training: TrainingSpec = {
  optimizer: 'adam',
  learningRate: 0.01,
  batchSize: 3,
  maxSteps: 1,
  evaluateEvery: 1,
  evaluationSize: 3,
};
const smallTasks: Record<keyof typeof tasks, TaskSpec> = {
  palindrome: { name: 'palindrome', length: 4 },
  'case-change': { name: 'case-change', length: 4, attention: 'additive' },
  caesar: { name: 'caesar', length: 4 },
  text: { name: 'text', length: 4, carry: true },
  names: { name: 'names' },
};
async function trained(trial: NetworkTrial, options: TrainOptions): Promise<Trained> {
  const run = train(trial, options);
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}

/** What the tasks read whose option `corpus` names a text. */
const corpora: Record<string, string> = {
  text: 'to be, or not to be, that is the question: '.repeat(4),
  names: 'Tin\nIron\nRadium',
};

/** Each is a number, and one that it can be by its description. */
function inRange(metrics: Tensors): void {
  for (const name of namesOf(metrics)) {
    const [value = NaN] = tensorOf(metrics, name).dataSync();
    const [low, high] = metricOf(name).range;
    assert.ok(Number.isFinite(value) && low <= value && value <= high, `${name} ${value} is not in [${low}, ${high}]`);
  }
}

for (const [name, { metrics }] of Object.entries(tasks)) {
  test(`${name}: each metric says what it means; all else is as for all tasks`, () => {
    for (const [metric, { meaning, ...rest }] of Object.entries(metrics)) {
      assert.ok(meaning.length > 0 && !meaning.includes('\n'), metric);
      assert.deepEqual(rest, metricOf(metric));
      const [low, high] = rest.range;
      assert.ok(low < high, metric);
    }
  });

  test(`${name}: metrics of a network that is sure of itself lie in their ranges, too`, () => {
    const task = smallTasks[name as keyof typeof tasks];
    const problem = problemOf(
      { task, model: { cell: 'rnn', hiddenUnits: 5, layers: 1 }, training, seed: 1 },
      corpora[name],
    );
    const weights = problem.init(stream(1, 'init'));
    const sure = Object.fromEntries(namesOf(weights).map((key) => [key, tf.mul(tensorOf(weights, key), 100)]));
    inRange(problem.metrics(sure, problem.batch(stream(1, 'batch', 1), 50), problem.carried?.(50) ?? {}));
  });
}

describe('every task with every cell, in one layer and in two', () => {
  for (const task of Object.values(smallTasks)) {
    for (const { cell, options } of cellVariants) {
      const name = [cell, ...Object.values(options)].join(' ');
      for (const layers of [1, 2]) {
        test(`${task.name}, ${name} × ${layers}: parameters, batches, loss, gradients and metrics fit together`, () => {
          const model: ModelSpec = { ...options, cell, hiddenUnits: 5, layers };
          const trial = { task, model, training, seed: 1 };
          const corpus = corpora[task.name];
          const problem = problemOf(trial, corpus);
          const weights = problem.init(stream(1, 'init'));
          assert.equal(
            listOf(weights).reduce((sum, w) => sum + w.size, 0),
            problem.parameters,
          );
          assert.equal(countParameters(trial, corpus), problem.parameters);

          const batch = problem.batch(stream(1, 'batch', 1), 3),
            again = problem.batch(stream(1, 'batch', 1), 3);
          for (const name of namesOf(batch))
            assert.deepEqual(tensorOf(again, name).dataSync(), tensorOf(batch, name).dataSync());

          const carried = problem.carried?.(3) ?? {};
          const names = namesOf(weights);
          const lossOf = (...list: tf.Tensor[]) =>
            problem.loss(Object.fromEntries(names.map((name, i) => [name, list[i]!])), batch, carried)
              .loss as tf.Scalar;
          const { value, grads } = tf.valueAndGrads(lossOf)(listOf(weights));
          assert.deepEqual(value.shape, []);
          grads.forEach((g, i) => {
            assert.deepEqual(g.shape, listOf(weights)[i]!.shape);
            assert.ok(
              g.dataSync().some((x) => x !== 0),
              `no gradient reaches ${names[i]}`,
            );
          });

          const metrics = problem.metrics(weights, batch, carried);
          assert.deepEqual(namesOf(metrics), Object.keys(entryOf(tasks, 'task', task.name).metrics).sort());
          inRange(metrics);
          const { smoothedLoss: loss = value } = carried; // the task names reports the running mean of its losses
          assert.ok(
            Math.abs(tensorOf(metrics, 'loss').dataSync()[0]! - loss.dataSync()[0]!) < 1e-6,
            'the metric loss is the loss',
          );

          // Along any direction, the loss changes as the gradients say.
          const draws = stream(1, 'direction');
          const direction = listOf(weights).map((w) =>
            tf.tensor(draws.fillUniform(new Float32Array(w.size), -1, 1), w.shape),
          );
          const slope = grads.reduce((sum, g, i) => sum + tf.sum(tf.mul(g, direction[i]!)).dataSync()[0]!, 0);
          const along = (far: number) =>
            lossOf(...listOf(weights).map((w, i) => tf.add(w, tf.mul(direction[i]!, far)))).dataSync()[0]!;
          const numeric = (along(0.005) - along(-0.005)) / 0.01;
          assert.ok(
            Math.abs(numeric - slope) < 2e-3 * Math.max(1, Math.abs(slope)),
            `${slope}, by differences ${numeric}`,
          );
        });

        test(`${task.name}, ${name} × ${layers}: resumed it is bit-equal to one run, and no tensor is left behind`, async () => {
          const trial = {
            task,
            model: { ...options, cell, hiddenUnits: 4, layers },
            training: { ...training, maxSteps: 3, evaluateEvery: 2 },
            seed: 1,
          };
          const corpus = corpora[task.name];
          const before = tf.memory().numTensors;
          const whole = await trained(trial, { corpus });
          const half = await trained(trial, { corpus, toStep: 1 });
          assert.deepEqual(await trained(trial, { corpus, resume: structuredClone(half.checkpoint) }), whole);
          assert.equal(tf.memory().numTensors, before);
        });
      }
    }
  }
});

test('a name that is in no registry is refused with the names that are', () => {
  const trial = { task: { name: 'palindrome' }, model: { cell: 'lsmt', hiddenUnits: 2, layers: 1 }, training, seed: 1 };
  assert.throws(() => problemOf(trial), /there is no cell "lsmt"; there are rnn, lstm, /);
});
