/** The task text: windows of a book, the memory carried from one to the next, what its networks write. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { problemOf } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import { tensorOf } from '../../engine/tensors.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { Batch, Tensors } from '../../models/types.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

/** 260 letters at random: six in a row are found in one place only. */
const draws = stream(1, 'book');
const BOOK = Array.from({ length: 260 }, () => String.fromCharCode(97 + draws.below(26))).join('');
const CHARACTERS = [...new Set(BOOK)].sort();

function trialOf({
  task,
  model,
  training,
  seed = 1,
}: { task?: object; model?: object; training?: Partial<TrainingSpec>; seed?: number } = {}): NetworkTrial {
  return {
    task: { name: 'text', length: 5, ...task },
    model: { cell: 'lstm', hiddenUnits: 8, layers: 2, ...model },
    training: {
      optimizer: 'rmsprop',
      learningRate: 0.01,
      batchSize: 4,
      maxSteps: 12,
      evaluateEvery: 4,
      evaluationSize: 16,
      ...training,
    } as TrainingSpec,
    seed,
  };
}
async function runToEnd(trial: NetworkTrial, options: TrainOptions = {}): Promise<Trained> {
  const run = train(trial, { corpus: BOOK, ...options });
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}
const windowsOf = (batch: Batch): string[] =>
  tensorOf<tf.Tensor2D>(batch, 'characters')
    .transpose<tf.Tensor2D>()
    .arraySync()
    .map((row) => row.map((code) => CHARACTERS[code]).join(''));
const numberOf = (x: tf.Tensor): number => x.dataSync()[0]!;

describe('windows', () => {
  test('are T + 1 characters from anywhere in the first part of the book; evaluations look at its end', () => {
    const problem = problemOf(trialOf({ task: { heldOut: 0.2 } }), BOOK);
    const split = 208;
    const of = (batch: Batch) =>
      windowsOf(batch).map((window) => {
        assert.equal(window.length, 6);
        return BOOK.indexOf(window);
      });
    const starts = of(problem.batch(stream(1, 'batch', 1), 3000));
    assert.ok(starts.every((start) => start >= 0 && start + 6 <= split));
    assert.ok(new Set(starts).size > 150, 'from anywhere');
    assert.ok(Math.min(...starts) === 0 && Math.max(...starts) === split - 6, 'from end to end');
    const held = of(problem.evaluationBatch!(stream(1, 'evaluate', 1), 500));
    assert.deepEqual([Math.min(...held), Math.max(...held) + 6], [split, BOOK.length]);
  });

  test('with carry follow each other in as many strips as there are examples, and start over at their end', () => {
    const problem = problemOf(trialOf({ task: { carry: true, heldOut: 0.2 }, training: { batchSize: 4 } }), BOOK);
    const width = 208 / 4;
    const steps = Array.from({ length: 11 }, (_, i) => problem.batch(stream(1, 'batch', i + 1), 4));
    steps.forEach((batch, i) => {
      const window = i % 10; // ten windows of 5 in a strip of 52: the last two characters are what the tenth predicts, and nothing
      assert.deepEqual(
        windowsOf(batch),
        [0, 1, 2, 3].map((strip) => BOOK.slice(strip * width + 5 * window, strip * width + 5 * window + 6)),
      );
      assert.equal(numberOf(tensorOf(batch, 'elapsed')), 5 * window);
    });
    assert.deepEqual(windowsOf(problem.batch(stream(9, 'batch', 3), 4)), windowsOf(steps[2]!), 'whatever the seed');
  });
});

describe('carry', () => {
  for (const cell of Object.keys(cells)) {
    test(`${cell}: window after window with the memory carried on gives what one long window gives`, () => {
      const options = { cell, layers: 2, ...(cell === 'phased-lstm' && { tau: 7.3, rOn: 0.6 }) };
      const carrying = problemOf(trialOf({ task: { carry: true }, model: options }), BOOK);
      const whole = problemOf(trialOf({ task: { length: 15 }, model: options }), BOOK);
      const weights = carrying.init(stream(1, 'init'));
      let memory: Tensors = carrying.carried!(4);
      const losses: number[] = [];
      const windows: string[][] = [];
      for (const step of [1, 2, 3]) {
        const batch = carrying.batch(stream(1, 'batch', step), 4);
        const { loss, carried } = carrying.loss(weights, batch, memory);
        memory = carried!;
        losses.push(numberOf(loss));
        windows.push(windowsOf(batch));
      }
      const long = windows[0]!.map(
        (_, strip) => windows.map((texts) => texts[strip]!.slice(0, 5)).join('') + windows[2]![strip]!.slice(5),
      );
      const characters = tf.transpose<tf.Tensor2D>(
        tf.tensor2d(
          long.map((text) => [...text].map((c) => CHARACTERS.indexOf(c))),
          undefined,
          'int32',
        ),
      );
      const { loss } = whole.loss(weights, { characters }, {});
      const mean = losses.reduce((a, b) => a + b) / 3;
      assert.ok(Math.abs(numberOf(loss) - mean) < 1e-5, `${mean} is not ${numberOf(loss)}`);

      // At the start of the strips nothing of the memory is left.
      const first = carrying.batch(stream(1, 'batch', 1), 4);
      assert.equal(numberOf(carrying.loss(weights, first, memory).loss), losses[0]);
      const second = carrying.batch(stream(1, 'batch', 2), 4);
      assert.notEqual(numberOf(carrying.loss(weights, second, carrying.carried!(4)).loss), losses[1]);
    });
  }

  test('evaluations read T characters first, and count the T after them', () => {
    const problem = problemOf(trialOf({ task: { carry: true } }), BOOK);
    const weights = problem.init(stream(1, 'init'));
    const batch = problem.evaluationBatch!(stream(1, 'evaluate', 4), 8);
    assert.deepEqual(tensorOf(batch, 'characters').shape, [11, 8]);
    const { characters } = batch as { characters: tf.Tensor2D };
    const longer = problemOf(trialOf({ task: { length: 10 } }), BOOK);
    const all = numberOf(tensorOf(longer.metrics(weights, { characters }, {}), 'loss'));
    const before = numberOf(
      tensorOf(problem.metrics(weights, { characters: tf.slice(characters, [0, 0], [6, 8]) }, {}), 'loss'),
    );
    const after = numberOf(tensorOf(problem.metrics(weights, batch, {}), 'loss'));
    assert.ok(Math.abs(all - (before + after) / 2) < 1e-5);
  });
});

describe('training', () => {
  for (const [what, task, model, training] of [
    ['windows from anywhere', {}, {}, {}],
    ['memory carried on', { carry: true }, {}, {}],
    [
      'memory carried on by a phased LSTM, past the end of the strips',
      { carry: true, length: 20, heldOut: 0.2 },
      { cell: 'phased-lstm' },
      { batchSize: 3 },
    ],
    ['truncated back-propagation in windows with memory', { carry: true }, { cell: 'gru' }, { truncate: 2 }],
  ] as const) {
    test(`${what}: bit-equal when stopped after any step and resumed, samples too`, async () => {
      const trial = trialOf({ task: { ...task, sampleEvery: 8, sampleLength: 12 }, model, training });
      const whole = await runToEnd(trial);
      const samples = whole.checkpoint.observations.filter(({ kind }) => kind === 'samples');
      assert.deepEqual(
        samples.map(({ step }) => step),
        [0, 8, 12],
      );
      for (const { data } of samples) assert.equal((data as { texts: string[] }).texts[0]!.length, 12);
      for (const toStep of [0, 3, 8, 11]) {
        const { checkpoint } = await runToEnd(trial, { toStep });
        assert.deepEqual(
          await runToEnd(trial, { resume: structuredClone(checkpoint) }),
          whole,
          `stopped after step ${toStep}`,
        );
      }
    });
  }

  test('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await runToEnd(trialOf({ task: { carry: true, sampleEvery: 4 } }));
    assert.equal(tf.memory().numTensors, before);
  });

  test('bits are nats by log 2', async () => {
    const { metrics } = await runToEnd(trialOf());
    assert.ok(Math.abs(metrics['bitsPerCharacter']! - metrics['loss']! / Math.LN2) < 1e-5);
  });
});

test('a book that repeats itself is learned, and written on from any place, far beyond a window', async () => {
  const corpus = 'abcdefgh'.repeat(60);
  const trial = trialOf({
    model: { cell: 'gru', hiddenUnits: 16, layers: 1 },
    training: { learningRate: 0.02, maxSteps: 60, evaluateEvery: 60 },
  });
  const { metrics, checkpoint } = await runToEnd(trial, { corpus });
  assert.ok(metrics['accuracy']! > 0.99, `${metrics['accuracy']}`);
  const weights = Object.fromEntries(
    Object.entries(checkpoint.tensors).flatMap(([name, { values, shape }]) =>
      name.startsWith('weights/') ? [[name.slice('weights/'.length), tf.tensor(values, shape)]] : [],
    ),
  );
  const { writer } = problemOf(trial, corpus);
  const write = (prompt: string, length: number, s = 1) =>
    writer!.write(weights, { prompt, length, temperature: 'greedy' }, stream(s, 'test'));
  assert.equal(write('cde', 300), 'fghabcde'.repeat(38).slice(0, 300));
  const random = new Set(Array.from({ length: 40 }, (_, s) => write('', 4, s)));
  assert.ok(random.size > 4, 'without a prompt it starts anywhere');
  for (const text of random) assert.ok('abcdefghabcd'.includes(text), text);
  assert.throws(
    () => writer!.check!('ab?'),
    /the prompt "ab\?" has the character "\?" \(U\+003F\), which the network never reads; allowed: abcdefgh/,
  );
});

test('texts are told by how much they repeat themselves, and by the words that the book has too', () => {
  const { writer } = problemOf(trialOf({ task: { length: 3 } }), 'the whale and the sea; the end. '.repeat(8));
  const of = (texts: string[], prompts = texts.map(() => '')) => writer!.metrics(texts, prompts);
  assert.deepEqual(of(['aaaa ']), { distinct2: 2 / 4, distinct3: 2 / 3, knownWords: 0 });
  assert.equal(of(['abab', 'abab'])['distinct2'], 2 / 3, 'however many texts there are');
  assert.equal(of(['The whale, the hwale '])['knownWords'], 3 / 4, 'whatever the case');
  assert.equal(of(['the wha'])['knownWords'], 1, 'a word that is cut off is none');
  assert.equal(of(['ale and '], ['the wh'])['knownWords'], 1, 'a word that the prompt began is whole');
});
