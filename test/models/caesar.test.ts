import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { compile } from '../../engine/replay/index.ts';
import { ownOptions } from '../../models/options.ts';
import { stream } from '../../models/random.ts';
import { sampleTrial } from '../../trainer/network/sample.ts';
import { sentence, vocabulary } from '../../models/text/sentences.ts';
import { caesar, shifted } from '../../models/tasks/caesar.ts';
import { tensorOf } from '../../engine/tensors.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { Batch, Problem } from '../../models/types.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

const training: TrainingSpec = {
  optimizer: 'adam',
  learningRate: 0.01,
  batchSize: 16,
  maxSteps: 6,
  evaluateEvery: 3,
  evaluationSize: 32,
};
const model = { cell: 'rnn', hiddenUnits: 6, layers: 1 };
const build = (options: object, own = training): Problem =>
  caesar.build(ownOptions(caesar, { ...options }), model, own);
const PAD = vocabulary.size;
const textsOf = (batch: Batch, name: string): string[] =>
  tensorOf<tf.Tensor2D>(batch, name)
    .arraySync()
    .map((row) => vocabulary.decode(row.filter((code) => code !== PAD)));

describe('the cipher', () => {
  test('seed 004 question 5: the alphabet, and "I Like Apples"', () => {
    assert.equal(shifted('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 3), 'DEFGHIJKLMNOPQRSTUVWXYZABC');
    assert.equal(shifted('I Like Apples', 3), 'L Olnh Dssohv');
    assert.equal(shifted('data', 3), 'gdwd');
  });
  test('leaves everything but letters as it is', () => assert.equal(shifted("zZ09 .,;:!?'-é", 1), "aA09 .,;:!?'-é"));
  test('counts modulo 26, also backward', () => {
    for (const [a, b] of [
      [3, 29],
      [-1, 25],
      [0, 26],
      [-27, 25],
      [2600003, 3],
    ] as const)
      assert.equal(shifted('Hello', a), shifted('Hello', b));
  });
  test('deciphering is the inverse of enciphering', () => {
    const draws = stream(1, 'sentences');
    for (let shift = -30; shift <= 30; shift++) {
      const plain = sentence(draws, 60);
      assert.equal(shifted(shifted(plain, shift), -shift), plain);
    }
  });
});

describe('sentences', () => {
  test('have just so many characters, all of them in the vocabulary, and do not end with a space', () => {
    const draws = stream(1, 'sentences');
    for (let length = 1; length <= 60; length++) {
      const text = sentence(draws, length);
      assert.equal(vocabulary.encode(text, 'it').length, length);
      assert.ok(!text.endsWith(' '));
    }
  });
  test('have every character of the vocabulary, none of them rarely', () => {
    const text = sentence(stream(2, 'sentences'), 100_000);
    for (const character of vocabulary.characters) {
      const share = text.split(character).length / text.length;
      assert.ok(share > 0.0005, `${character} has a share of ${share}`);
    }
  });
});

describe('batches', () => {
  for (const [direction, shift] of [
    ['decrypt', 3],
    ['encrypt', 3],
    ['decrypt', -100],
  ] as const) {
    test(`${direction}, shift ${shift}: what is asked for is what goes in, deciphered or enciphered`, () => {
      const batch = build({ length: 30, minLength: 4, direction, shift }).batch(stream(1, 'batch', 1), 50);
      const [given, answers] = [textsOf(batch, 'given'), textsOf(batch, 'answers')];
      given.forEach((text, i) =>
        assert.equal(
          direction === 'encrypt' ? shifted(text, shift) : shifted(answers[i]!, shift),
          direction === 'encrypt' ? answers[i] : text,
        ),
      );
      const lengths = given.map((text) => text.length);
      assert.ok(Math.min(...lengths) >= 4 && Math.max(...lengths) <= 30 && new Set(lengths).size > 10);
      const plain = direction === 'encrypt' ? given : answers;
      assert.ok(plain.join(' ').match(/\b(the|and|of|in|is|to|at|as|or)\b/i), 'English is what is enciphered');
    });
  }

  test('padding changes neither the loss nor the metrics', () => {
    const short = build({ length: 8, minLength: 3 }),
      long = build({ length: 15, minLength: 3 });
    const weights = short.init(stream(1, 'init'));
    const batch = short.batch(stream(1, 'batch', 1), 10);
    const longer = Object.fromEntries(
      Object.entries(batch).map(([name, codes]) => [
        name,
        tf.pad(
          codes as tf.Tensor2D,
          [
            [0, 0],
            [0, 7],
          ],
          PAD,
        ),
      ]),
    );
    assert.deepEqual(tensorOf(longer, 'given').shape, [10, 15]);
    const [loss, same] = [short.loss(weights, batch, {}).loss, long.loss(weights, longer, {}).loss].map(
      (x) => x.dataSync()[0]!,
    );
    assert.ok(Math.abs(loss! - same!) < 1e-6, `${loss} and ${same}`);
    const [metrics, alike] = [short.metrics(weights, batch, {}), long.metrics(weights, longer, {})];
    for (const name of Object.keys(caesar.metrics)) {
      assert.ok(Math.abs(tensorOf(metrics, name).dataSync()[0]! - tensorOf(alike, name).dataSync()[0]!) < 1e-6, name);
    }
  });

  test('accuracy counts characters, exactMatch whole sentences', () => {
    const problem = build({ length: 4 });
    const weights = problem.init(stream(1, 'init'));
    // Whatever goes in, the network says "a".
    const says = Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, tf.zerosLike(w)]));
    says['output.bias'] = tf
      .oneHot(tf.tensor1d([vocabulary.encode('a', 'it')[0]!], 'int32'), vocabulary.size)
      .toFloat()
      .as1D();
    const codes = (texts: string[]) =>
      tf.tensor2d(
        texts.map((text) => [...vocabulary.encode(text, 'it'), PAD, PAD, PAD].slice(0, 4)),
        [texts.length, 4],
        'int32',
      );
    const batch = { given: codes(['zzzz', 'ab', 'a']), answers: codes(['aaab', 'aa', 'b']) };
    const { accuracy, exactMatch } = problem.metrics(says, batch, {});
    assert.ok(Math.abs(accuracy!.dataSync()[0]! - 5 / 7) < 1e-6);
    assert.ok(Math.abs(exactMatch!.dataSync()[0]! - 1 / 3) < 1e-6);
  });
});

describe('wrong options', () => {
  test('a shortest sentence longer than the longest', () =>
    assert.throws(() => build({ length: 5, minLength: 6 }), /task\.minLength is 6, but task\.length is 5/));
  test('a window of truncated back-propagation longer than the sentences', () =>
    assert.throws(
      () => build({ length: 5 }, { ...training, truncate: 6 }),
      /training\.truncate is 6, but the network sees only 5/,
    ));
  test('a shift that is no whole number', () => assert.throws(() => build({ shift: 1.5 }), /shift/));
});

const trial = (changes: Partial<TrainingSpec> = {}, task: object = {}): NetworkTrial => ({
  task: { name: 'caesar', length: 12, ...task },
  model,
  training: { ...training, ...changes } as TrainingSpec,
  seed: 1,
});

async function runToEnd(spec: NetworkTrial, options?: TrainOptions): Promise<Trained> {
  const run = train(spec, options);
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}

test('stopped and resumed, a trial is bit-equal to one that never stopped', async () => {
  const { checkpoint } = await runToEnd(trial(), { toStep: 4 });
  assert.deepEqual(await runToEnd(trial(), { resume: structuredClone(checkpoint) }), await runToEnd(trial()));
});

test('training leaves no tensor behind', async () => {
  await runToEnd(trial());
  const before = tf.memory().numTensors;
  await runToEnd(trial({ maxSteps: 20 }));
  assert.equal(tf.memory().numTensors, before);
});

test('a small network learns to decipher, and then deciphers what it is given', async () => {
  const { kind } = await useBackend();
  const spec: NetworkTrial = {
    ...trial(
      {
        maxSteps: 250,
        batchSize: 64,
        evaluateEvery: 25,
        stopWhen: { metric: 'exactMatch', atLeast: 1, evaluations: 2 },
      },
      { length: 24 },
    ),
    model: { cell: 'rnn', hiddenUnits: 64, layers: 1 },
  };
  const { metrics, checkpoint, replayed } = await runToEnd(spec, { compile });
  assert.ok(metrics['exactMatch']! > 0.99 && metrics['accuracy']! > 0.999, JSON.stringify(metrics));
  assert.equal(replayed, kind === 'native');

  const sampling = { temperature: [0.01], length: [5], prompts: ['L Olnh Dssohv', ''], greedy: true };
  const { samples, metrics: bySamples } = await sampleTrial(spec, checkpoint, sampling);
  const answers = samples.filter(({ prompt }) => prompt !== '').map(({ text }) => text);
  assert.deepEqual(
    answers,
    ['I Like Apples', 'I Like Apples'],
    'as long as what it answers, whatever length is asked for',
  );
  for (const { text } of samples.filter(({ prompt }) => prompt === '')) {
    const [given, answer] = text.split(' → ');
    assert.equal(shifted(answer!, 3), given);
  }
  assert.deepEqual(
    bySamples.map(({ metrics: { exactMatch } }) => exactMatch),
    [1, 1],
  );
  await assert.rejects(
    sampleTrial(spec, checkpoint, { ...sampling, prompts: ['L Rwhé'] }),
    /the prompt has the character "é" \(U\+00E9\)/,
  );
});
