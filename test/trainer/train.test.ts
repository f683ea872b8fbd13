import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { StopRule, TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { rateAt } from '../../trainer/network/learner.ts';
import { stops, train, type Report, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { NetworkCheckpoint } from '../../trainer/network/checkpoint.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

type Changes = { task?: object; model?: object; training?: Partial<TrainingSpec>; seed?: number };

function trialOf({ task, model, training, seed = 1 }: Changes = {}): NetworkTrial {
  return {
    task: { name: 'palindrome', length: 5, ...task },
    model: { cell: 'rnn', hiddenUnits: 8, layers: 1, ...model },
    training: {
      optimizer: 'rmsprop',
      learningRate: 0.01,
      batchSize: 8,
      maxSteps: 12,
      evaluateEvery: 4,
      evaluationSize: 40,
      ...training,
    } as TrainingSpec,
    seed,
  };
}

async function runToEnd(
  trial: NetworkTrial,
  options?: TrainOptions,
  onReport?: (report: Report) => void,
): Promise<Trained> {
  const run = train(trial, options);
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
    onReport?.(value);
  }
}

/** As the store would keep it: nothing shared with the run it came from. */
const copy = (checkpoint: NetworkCheckpoint) => structuredClone(checkpoint);

describe('learning', () => {
  for (const cell of Object.keys(cells)) {
    test(`${cell} learns palindromes of 5 digits to 99 %`, async () => {
      const { status, metrics, steps } = await runToEnd(
        trialOf({
          model: { cell, hiddenUnits: 32 },
          training: {
            batchSize: 64,
            learningRate: 0.005,
            maxSteps: 600,
            evaluateEvery: 25,
            evaluationSize: 256,
            clip: { norm: 10 },
            stopWhen: { metric: 'accuracy', atLeast: 0.99, evaluations: 2 },
          },
        }),
      );
      assert.equal(status, 'completed');
      assert.ok(metrics['accuracy']! >= 0.99, `accuracy ${metrics['accuracy']} after ${steps} steps`);
      assert.ok(steps < 600, 'it stopped by its rule');
    });
  }

  test('before the first step the loss is about that of guessing, log 10', async () => {
    const losses: number[] = [];
    await runToEnd(trialOf({ training: { maxSteps: 1 } }), {}, ({ step, metrics }) => {
      if (step === 0) losses.push(metrics['loss']!);
    });
    assert.equal(losses.length, 1);
    assert.ok(Math.abs(losses[0]! - Math.log(10)) < 0.5, `${losses[0]}`);
  });
});

describe('stopping and resuming', () => {
  for (const optimizer of Object.keys(optimizers)) {
    test(`${optimizer}: stopped after any step and resumed, a trial is bit-equal to one that never stopped`, async () => {
      const trial = trialOf({ training: { optimizer, clip: { norm: 1 }, decay: { factor: 0.5, every: 5 } } });
      const reports: NetworkCheckpoint[] = [];
      const whole = await runToEnd(trial, {}, (report) => reports.push(copy(report.checkpoint())));
      assert.deepEqual(
        reports.map(({ step }) => step),
        [0, 4, 8, 12],
      );
      for (const stop of [0, 1, 4, 7, 11, 12]) {
        const half = await runToEnd(trial, { toStep: stop });
        assert.equal(half.status, stop < 12 ? 'paused' : 'completed');
        assert.equal(half.steps, stop);
        assert.ok(Number.isFinite(half.metrics['loss']), 'a job that ends at a rung has its metrics');
        assert.deepEqual(await runToEnd(trial, { resume: copy(half.checkpoint) }), whole, `stopped after step ${stop}`);
      }
      for (const resume of reports)
        assert.deepEqual(await runToEnd(trial, { resume }), whole, `from the report of step ${resume.step}`);
    });
  }

  for (const cell of Object.keys(cells)) {
    test(`${cell} in two layers, with truncated back-propagation: bit-equal when stopped and resumed`, async () => {
      const trial = trialOf({ model: { cell, layers: 2, hiddenUnits: 4 }, training: { truncate: 2, maxSteps: 5 } });
      const { checkpoint } = await runToEnd(trial, { toStep: 3 });
      assert.deepEqual(await runToEnd(trial, { resume: copy(checkpoint) }), await runToEnd(trial));
    });
  }

  test('an abort pauses between two steps, and nothing is lost', async () => {
    const trial = trialOf();
    const controller = new AbortController();
    const seen: number[] = [];
    const half = await runToEnd(trial, {
      signal: controller.signal,
      onStep: (step) => {
        seen.push(step);
        if (step === 6) controller.abort();
      },
    });
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([half.status, half.steps, half.curve.map(({ step }) => step)], ['paused', 6, [0, 4]]);
    assert.deepEqual(await runToEnd(trial, { resume: half.checkpoint }), await runToEnd(trial));
  });

  test('a checkpoint of another network is refused, with what does not fit', async () => {
    const { checkpoint } = await runToEnd(trialOf(), { toStep: 1 });
    await assert.rejects(
      runToEnd(trialOf({ model: { hiddenUnits: 9 } }), { resume: checkpoint }),
      /does not fit the trial: weights\/layer0\.\w+ is \[/,
    );
    await assert.rejects(
      runToEnd(trialOf({ training: { optimizer: 'adam' } }), { resume: checkpoint }),
      /\/mean is missing/,
    );
  });

  test("a report's checkpoint cannot be taken once training has gone on", async () => {
    const run = train(trialOf());
    const { value } = await run.next();
    await run.next();
    assert.throws(() => (value as Report).checkpoint(), /the checkpoint of step 0 was asked for at step 4/);
    await run.return(undefined as never);
  });

  test('the event loop has its turns while training goes on', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await runToEnd(
      trialOf({
        task: { length: 20 },
        model: { cell: 'lstm', hiddenUnits: 32 },
        training: { maxSteps: 30, evaluateEvery: 30 },
      }),
    );
    clearInterval(timer);
    assert.ok(turns > 0);
  });
});

describe('the stopping rule', () => {
  const curve = [0.2, 0.99, 0.98, 1, 0.99].map((accuracy, i) => ({ step: i, metrics: { accuracy } }));
  const rule: StopRule = { metric: 'accuracy', atLeast: 0.99, evaluations: 2 };
  test('holds once the bound is met at so many evaluations in a row', () => {
    assert.deepEqual(
      curve.map((_, i) => stops(curve.slice(0, i + 1), rule)),
      [false, false, false, false, true],
    );
    assert.equal(stops(curve, { ...rule, evaluations: 3 }), false);
    assert.equal(stops(curve.slice(0, 1), { metric: 'accuracy', atMost: 0.3, evaluations: 1 }), true);
    assert.equal(stops(curve, undefined), false);
  });
  test('on a metric that the task does not have is refused before training', async () => {
    const trial = trialOf({ training: { stopWhen: { metric: 'acuracy', atLeast: 1, evaluations: 1 } } });
    await assert.rejects(
      runToEnd(trial),
      /training\.stopWhen\.metric is acuracy, but the metrics of palindrome are accuracy, loss/,
    );
  });
});

describe('divergence', () => {
  test('is a status with its step, and the metrics are the last finite ones', async () => {
    const diverged = await runToEnd(
      trialOf({
        model: { activation: 'identity' },
        training: { optimizer: 'sgd', learningRate: 1e6, maxSteps: 200, evaluateEvery: 50 },
      }),
    );
    assert.equal(diverged.status, 'diverged');
    assert.ok(diverged.steps > 0 && diverged.steps < 200, `${diverged.steps}`);
    assert.notEqual(diverged.steps % 50, 0, 'its own step, not that of the next evaluation');
    assert.deepEqual(diverged.metrics, diverged.curve.at(-1)!.metrics);
    for (const { metrics } of diverged.curve) assert.ok(Object.values(metrics).every(Number.isFinite));
  });

  test('happens at the same step wherever the trial was stopped in between', async () => {
    const trial = trialOf({
      model: { activation: 'identity' },
      training: { optimizer: 'sgd', learningRate: 1e6, maxSteps: 200, evaluateEvery: 50 },
    });
    const { steps } = await runToEnd(trial);
    const { checkpoint } = await runToEnd(trial, { toStep: steps - 1 });
    const resumed = await runToEnd(trial, { resume: checkpoint });
    assert.deepEqual([resumed.status, resumed.steps], ['diverged', steps]);
  });

  test('is also found in the weights, when the last step is what breaks them', async () => {
    const trial = trialOf({ training: { optimizer: 'sgd', learningRate: 1e38, maxSteps: 1 } });
    const { status, steps } = await runToEnd({
      ...trial,
      training: { ...trial.training, learningRate: Number.MAX_VALUE },
    });
    assert.deepEqual([status, steps], ['diverged', 1]);
  });
});

test('the learning rate decays by its factor after every so many steps', () => {
  const training = trialOf({ training: { learningRate: 1, decay: { factor: 0.5, every: 3 } } }).training;
  assert.deepEqual(
    [1, 2, 3, 4, 6, 7].map((step) => rateAt(training, step)),
    [1, 1, 1, 0.5, 0.5, 0.25],
  );
  assert.equal(rateAt(trialOf().training, 1000), 0.01);
});

test('a long evaluation tells that it goes on, with each batch', async () => {
  let turns = 0;
  await runToEnd(
    trialOf({ training: { evaluationSize: 3200 } }),
    {
      onTurn: () => {
        turns++;
      },
    },
    ({ step }) => {
      if (step === 0) assert.equal(turns, 100);
    },
  );
});

test('500 steps leave no tensor behind, and neither does a run that is broken off', async () => {
  const before = tf.memory().numTensors;
  const counts = new Set<number>();
  const trial = trialOf({ training: { maxSteps: 500, evaluateEvery: 100, optimizer: 'adam', clip: { value: 1 } } });
  await runToEnd(trial, { onStep: () => counts.add(tf.memory().numTensors) });
  assert.equal(counts.size, 1, `numbers of tensors after each step: ${[...counts]}`);
  assert.equal(tf.memory().numTensors, before);
  for await (const report of train(trial)) if (report.step === 100) break;
  assert.equal(tf.memory().numTensors, before);
});
