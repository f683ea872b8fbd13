/** Trials that are trained side by side: each as it would be alone, bit for bit, whatever becomes of the others. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { programKey } from '../../core/shapes.ts';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { compile } from '../../engine/replay/index.ts';
import { programsKept } from '../../trainer/network/programs.ts';
import {
  train,
  trainPack,
  type PackLane,
  type PackOptions,
  type Report,
  type Trained,
} from '../../trainer/network/train.ts';
import type { NetworkCheckpoint } from '../../trainer/network/checkpoint.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

type Changes = { seed?: number; task?: object; model?: object; training?: Partial<TrainingSpec> };
const trialOf = ({ seed = 1, task, model, training }: Changes = {}): NetworkTrial => ({
  task: { name: 'palindrome', length: 5, ...task },
  model: { cell: 'rnn', hiddenUnits: 10, layers: 1, ...model },
  training: {
    optimizer: 'adam',
    learningRate: 0.01,
    batchSize: 8,
    maxSteps: 6,
    evaluateEvery: 3,
    evaluationSize: 20,
    clip: { norm: 1 },
    ...training,
  } as TrainingSpec,
  seed,
});

const corpus = 'rubidium\nstrontium\nyttrium\nunbihexium-and-more\ntin\nlead\ngold\n'.repeat(4);
const programs = programsKept(compile);

interface Ended {
  end: Trained;
  reports: { step: number; metrics: object; checkpoint: NetworkCheckpoint }[];
}
const seen = (report: Report) => ({
  step: report.step,
  metrics: report.metrics,
  checkpoint: structuredClone(report.checkpoint()),
});

async function alone({ trial, resume }: PackLane, options: PackOptions = {}): Promise<Ended> {
  const { onStep: _, ...rest } = options;
  const training = train(trial, { programs, corpus, ...rest, ...(resume && { resume }) });
  const reports: Ended['reports'] = [];
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { end: value, reports };
    reports.push(seen(value));
  }
}

async function together(pack: PackLane[], options: PackOptions = {}): Promise<Ended[]> {
  const ended = pack.map((): Partial<Ended> & Pick<Ended, 'reports'> => ({ reports: [] }));
  for await (const event of trainPack(pack, { programs, corpus, ...options })) {
    const own = ended[event.lane] ?? assert.fail('no such lane');
    assert.equal(own.end, undefined, 'nothing comes after the end');
    if ('end' in event) own.end = event.end;
    else own.reports.push(seen(event.report));
  }
  return ended.map(({ end, reports }) => ({ end: end ?? assert.fail('a lane never ended'), reports }));
}

async function check(pack: PackLane[], options: PackOptions = {}): Promise<Ended[]> {
  assert.equal(new Set(pack.map(({ trial }) => programKey(trial))).size, 1);
  const results = await together(pack, options);
  for (const [i, lane] of pack.entries()) assert.deepEqual(results[i], await alone(lane, options), `lane ${i}`);
  return results;
}

const seeds = (count: number, changes: Changes = {}) =>
  Array.from({ length: count }, (_, i) => ({ trial: trialOf({ ...changes, seed: i + 1 }) }));

for (const count of [1, 2, 3, 5, 8]) {
  test(`${count} lanes: curves, checkpoints and ends are those of each trial alone`, async () => {
    await check(seeds(count));
  });
}

for (const [what, changes] of [
  ['a text whose memory is carried on', { task: { name: 'text', length: 4, carry: true } }],
  [
    'names, whose batches differ in shape from lane to lane',
    { task: { name: 'names', length: undefined }, training: { batchSize: 1, maxSteps: 5 } },
  ],
  ['a decoder that writes', { task: { name: 'case-change', length: 3, attention: 'dot' }, training: { maxSteps: 3 } }],
] as [string, Changes][]) {
  test(`lanes of ${what}`, async () => {
    await check(seeds(3, changes));
  });
}

test("lanes may differ in seed, rate and its decay, the optimizer's constants, the bound of clipping, and when they are evaluated and end", async () => {
  await check([
    { trial: trialOf({ seed: 5 }) },
    { trial: trialOf({ training: { learningRate: 0.1, decay: { factor: 0.5, every: 2 } } }) },
    { trial: trialOf({ training: { beta1: 0.5, epsilon: 1e-3 } }) },
    { trial: trialOf({ training: { clip: { norm: 1e-4 } } }) },
    { trial: trialOf({ seed: 7, training: { clip: { norm: 0.3 } } }) },
    { trial: trialOf({ training: { maxSteps: 9, evaluateEvery: 2 } }) },
    {
      trial: trialOf({
        training: { maxSteps: 20, evaluateEvery: 1, stopWhen: { metric: 'loss', atMost: 100, evaluations: 2 } },
      }),
    },
  ]);
});

describe('a lane that diverges', () => {
  const bad = () =>
    trialOf({ model: { activation: 'identity' }, training: { optimizer: 'sgd', learningRate: 1e20, maxSteps: 8 } });
  const good = (seed: number) =>
    trialOf({ seed, model: { activation: 'identity' }, training: { optimizer: 'sgd', maxSteps: 8 } });
  const pack = () => [{ trial: good(1) }, { trial: bad() }, { trial: good(2) }, { trial: good(3) }];

  test('disturbs no other, and ends at its own step', async () => {
    const results = await check(pack());
    assert.deepEqual(
      results.map(({ end }) => end.status),
      ['completed', 'diverged', 'completed', 'completed'],
    );
    assert.ok((results[1]?.end.steps ?? 8) < 8);
  });

  test('is left out for good once it is half of the pack', async () => {
    const results = await check([
      { trial: bad() },
      { trial: good(1) },
      { trial: bad() },
      { trial: bad() },
      { trial: good(2) },
    ]);
    assert.deepEqual(
      results.map(({ end }) => end.status),
      ['diverged', 'completed', 'diverged', 'diverged', 'completed'],
    );
  });
});

describe('stopping and resuming', () => {
  test('lanes go on from checkpoints of different steps', async () => {
    const pack: PackLane[] = seeds(4);
    for (const [i, toStep] of [0, 2, 3, 5].entries()) {
      const lane = pack[i] as PackLane;
      lane.resume = (await alone(lane, { toStep })).end.checkpoint;
    }
    const results = await check(pack);
    for (const [i, { trial }] of pack.entries())
      assert.deepEqual(results[i]?.end, (await alone({ trial })).end, `lane ${i} against one that never stopped`);
  });

  test('a rung pauses every lane there, with its metrics', async () => {
    const pack: PackLane[] = seeds(3);
    (pack[1] as PackLane).resume = (await alone(pack[1] as PackLane, { toStep: 2 })).end.checkpoint;
    const results = await check(pack, { toStep: 4 });
    assert.deepEqual(
      results.map(({ end }) => [end.status, end.steps]),
      [
        ['paused', 4],
        ['paused', 4],
        ['paused', 4],
      ],
    );
  });

  test('an abort pauses all lanes between two steps, and nothing is lost', async () => {
    const controller = new AbortController();
    const steps: number[][] = [];
    const paused = await together(seeds(3), {
      signal: controller.signal,
      onStep: (reached) => {
        steps.push([...reached.values()]);
        if (reached.get(0) === 2) controller.abort();
      },
    });
    assert.deepEqual(steps, [
      [1, 1, 1],
      [2, 2, 2],
    ]);
    assert.deepEqual(
      paused.map(({ end }) => end.status),
      ['paused', 'paused', 'paused'],
    );
    const resumed = await together(seeds(3).map((lane, i) => ({ ...lane, resume: paused[i]?.end.checkpoint })));
    assert.deepEqual(
      resumed.map(({ end }) => end),
      (await together(seeds(3))).map(({ end }) => end),
    );
  });

  test('a checkpoint of another network is refused, and nothing stays in memory', async () => {
    const held = tf.memory().numTensors;
    const [other] = await together([{ trial: trialOf({ model: { hiddenUnits: 11 } }) }]);
    await assert.rejects(
      together([{ trial: trialOf() }, { trial: trialOf(), resume: other?.end.checkpoint }]),
      /does not fit the trial/,
    );
    assert.equal(tf.memory().numTensors, held);
  });
});

test('as many tensors after each step, and none at the end', async () => {
  const held = tf.memory().numTensors;
  const counts = new Set<number>();
  await together(seeds(4, { training: { maxSteps: 40, evaluateEvery: 40 } }), {
    onStep: () => counts.add(tf.memory().numTensors),
  });
  assert.equal(counts.size, 1, [...counts].join());
  assert.equal(tf.memory().numTensors, held);
});
