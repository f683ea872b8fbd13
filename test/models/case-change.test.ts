import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { attentionOf } from '../../models/layers/attention.ts';
import { encoderDecoder } from '../../models/layers/encoder-decoder.ts';
import { compile } from '../../engine/replay/index.ts';
import { ownOptions } from '../../models/options.ts';
import { stream } from '../../models/random.ts';
import { sampleTrial } from '../../trainer/network/sample.ts';
import { vocabulary } from '../../models/text/sentences.ts';
import { answerTo, caseChange, exerciseBatch, parseExercise, type Exercise } from '../../models/tasks/case-change.ts';
import { listOf, namesOf, tensorOf } from '../../engine/tensors.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { Problem, Weights } from '../../models/types.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

const kinds = ['none', 'dot', 'additive'] as const;
const training: TrainingSpec = {
  optimizer: 'rmsprop',
  learningRate: 0.01,
  batchSize: 8,
  maxSteps: 6,
  evaluateEvery: 3,
  evaluationSize: 32,
};
const model = { cell: 'gru', hiddenUnits: 5, layers: 1 };
const build = (options: object, own = training): Problem =>
  caseChange.build(ownOptions(caseChange, { ...options }), model, own);
const [U, L, PAD, END] = [vocabulary.size, vocabulary.size + 1, vocabulary.size + 2, vocabulary.size];

describe('exercises', () => {
  test('seed 003 problem 4: "<U> I am a student" and "<L> I am a student"', () => {
    assert.equal(answerTo(parseExercise('<U> I am a student')), 'I AM A STUDENT');
    assert.equal(answerTo(parseExercise('<L>I am a student')), 'i am a student');
  });
  test('a prompt without a token is refused', () => {
    for (const prompt of ['I am', '<u>I am', '', 'x<U>I am'])
      assert.throws(() => parseExercise(prompt), /begins with neither <U> nor <L>/, prompt);
  });
  test('source and target as codes: token and sentence, answer and end, both padded alike', () => {
    const { source, target } = exerciseBatch(
      [
        { token: '<U>', text: 'aB' },
        { token: '<L>', text: 'C,d' },
      ],
      4,
    );
    const codes = (text: string) => [...vocabulary.encode(text, 'it')];
    assert.deepEqual((source as tf.Tensor2D).arraySync(), [
      [U, ...codes('aB'), PAD, PAD],
      [L, ...codes('C,d'), PAD],
    ]);
    assert.deepEqual((target as tf.Tensor2D).arraySync(), [
      [...codes('AB'), END, END, END],
      [...codes('c,d'), END, END],
    ]);
  });
  test('every target is its source in the case of its token, exactly', () => {
    const { source, target } = build({ length: 12, minLength: 2 }).batch(stream(1, 'batch', 1), 200);
    const tokens = new Set<string>(),
      lengths = new Set<number>();
    const targets = (target as tf.Tensor2D).arraySync();
    (source as tf.Tensor2D).arraySync().forEach(([token, ...codes], i) => {
      const text = vocabulary.decode(codes.filter((code) => code !== PAD));
      const exercise: Exercise = { token: token === U ? '<U>' : '<L>', text };
      tokens.add(exercise.token);
      lengths.add(text.length);
      assert.equal(vocabulary.decode(targets[i]!.slice(0, text.length)), answerTo(exercise));
      assert.equal(targets[i]![text.length], END);
    });
    assert.deepEqual([tokens.size, Math.min(...lengths), Math.max(...lengths)], [2, 2, 12]);
  });
  test('evaluations are of the greatest length alone: what is drawn against the length is of that length', () => {
    const { source } = build({ length: 12, minLength: 2 }).evaluationBatch!(stream(1, 'evaluate', 1), 100);
    assert.ok((source as tf.Tensor2D).arraySync().every((codes) => codes.length === 13 && !codes.includes(PAD)));
  });
});

describe('attention', () => {
  const [batch, outputs, inputs, n] = [2, 3, 4, 5];
  const draws = stream(1, 'states');
  const random = (...shape: number[]) =>
    tf.tensor(draws.fillUniform(new Float32Array(shape.reduce((a, b) => a * b)), -1, 1), shape);
  const mask = [
    [1, 1, 1, 1],
    [1, 1, 0, 0],
  ];

  for (const kind of ['dot', 'additive'] as const) {
    test(`${kind}: as its equations in plain arrays; rows sum to 1, and nothing goes to padding`, () => {
      const attention = attentionOf(kind, n);
      const weights = attention.init(stream(2, 'init'));
      assert.equal(
        listOf(weights).reduce((sum, w) => sum + w.size, 0),
        attention.parameters,
      );
      const s = random(batch, outputs, n) as tf.Tensor3D,
        h = random(batch, inputs, n) as tf.Tensor3D;
      const { attended, alpha } = attention.attend(weights, s, h, tf.tensor2d(mask));

      const W = (name: string) => tensorOf<tf.Tensor2D>(weights, name).arraySync();
      const times = (x: number[], w: number[][]) =>
        w[0]!.map((_, j) => x.reduce((sum, value, i) => sum + value * w[i]![j]!, 0));
      const score = (a: number[], b: number[]): number => {
        if (kind === 'dot') return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
        const [query, key] = [times(a, W('query')), times(b, W('key'))];
        return times(
          query.map((x, i) => Math.tanh(x + key[i]!)),
          W('score'),
        )[0]!;
      };
      const [states, read] = [s.arraySync(), h.arraySync()];
      alpha.arraySync().forEach((rows, b) =>
        rows.forEach((row, t) => {
          const powers = read[b]!.map((other, i) => mask[b]![i]! * Math.exp(score(states[b]![t]!, other)));
          const sum = powers.reduce((x, y) => x + y);
          row.forEach((x, i) => assert.ok(Math.abs(x - powers[i]! / sum) < 1e-5));
          assert.ok(Math.abs(row.reduce((x, y) => x + y) - 1) < 1e-6);
          const context = Array.from({ length: n }, (_, j) =>
            read[b]!.reduce((total, other, i) => total + (powers[i]! / sum) * other[j]!, 0),
          );
          const expected = times([...context, ...states[b]![t]!], W('combine')).map(Math.tanh);
          attended.arraySync()[b]![t]!.forEach((x, i) => assert.ok(Math.abs(x - expected[i]!) < 1e-5));
        }),
      );
    });
  }
});

describe('encoder and decoder', () => {
  const { source, target } = {
    source: [
      [0, 3, 1, 4],
      [2, 4, 4, 4],
    ],
    target: [
      [1, 0, 2, 3],
      [3, 3, 3, 3],
    ],
  };
  const symbols = { inputs: 5, pad: 4, outputs: 4, end: 3 };
  const ids = (rows: number[][]) => tf.tensor2d(rows, [rows.length, rows[0]!.length], 'int32');

  for (const kind of kinds) {
    test(`attention ${kind}: what is written greedily is what teacher forcing with it finds likeliest`, () => {
      const network = encoderDecoder({ cell: 'lstm', hiddenUnits: 6, layers: 2 }, kind, symbols);
      const weights = network.init(stream(3, 'init'));
      const { symbols: written, alpha } = network.write(weights, ids(source), 6);
      const forced = network.logits(weights, ids(source), written);
      assert.deepEqual([...tf.argMax(forced, 1).dataSync()], [...written.dataSync()]);
      assert.deepEqual(alpha?.shape, kind === 'none' ? undefined : [2, 6, 4]);
    });

    test(`attention ${kind}: gradients by every weight agree with differences`, () => {
      const network = encoderDecoder({ cell: 'gru', hiddenUnits: 3, layers: 1 }, kind, symbols);
      const weights = network.init(stream(4, 'init'));
      const names = namesOf(weights);
      const loss = (list: tf.Tensor[]) => {
        const named: Weights = Object.fromEntries(names.map((name, i) => [name, list[i]!]));
        return tf.mean(
          tf.mul(network.logits(named, ids(source), ids(target)), tf.tensor2d([0.3, -1, 2, 0.7], [1, 4])),
        ) as tf.Scalar;
      };
      const gradients = tf.grads((...list) => loss(list))(listOf(weights));
      names.forEach((name, i) => {
        const w = tensorOf(weights, name),
          exact = gradients[i]!.dataSync();
        const at = (j: number, shift: number) => {
          const moved = w.dataSync().slice();
          moved[j]! += shift;
          return loss(listOf(weights).map((x, k) => (k === i ? tf.tensor(moved, w.shape) : x))).dataSync()[0]!;
        };
        exact.forEach((g, j) => {
          const numeric = (at(j, 0.02) - at(j, -0.02)) / 0.04;
          assert.ok(Math.abs(numeric - g) < 2e-3, `${name}[${j}]: ${g}, by differences ${numeric}`);
        });
      });
    });
  }
});

for (const attention of kinds) {
  describe(`attention ${attention}`, () => {
    const trial = (changes: Partial<TrainingSpec> = {}): NetworkTrial => ({
      task: { name: 'case-change', length: 5, attention },
      model,
      training: { ...training, ...changes } as TrainingSpec,
      seed: 1,
    });

    test('padding changes neither the loss nor the metrics', () => {
      const exercises: Exercise[] = [
        { token: '<U>', text: 'I am' },
        { token: '<L>', text: 'So' },
        { token: '<L>', text: '?' },
      ];
      const short = build({ length: 4, attention }),
        long = build({ length: 9, attention });
      const weights = short.init(stream(1, 'init'));
      const numbers = (problem: Problem, length: number) => {
        const batch = exerciseBatch(exercises, length);
        const metrics = problem.metrics(weights, batch, {});
        return [problem.loss(weights, batch, {}).loss, ...listOf(metrics)].map((x) => x.dataSync()[0]!);
      };
      const [some, more] = [numbers(short, 4), numbers(long, 9)];
      some.forEach((x, i) => assert.ok(Math.abs(x - more[i]!) < 1e-5, `${some} and ${more}`));
    });

    test('stopped and resumed, a trial is bit-equal to one that never stopped', async () => {
      const { checkpoint } = await runToEnd(trial(), { toStep: 4 });
      assert.deepEqual(await runToEnd(trial(), { resume: structuredClone(checkpoint) }), await runToEnd(trial()));
    });

    test('training leaves no tensor behind', async () => {
      await runToEnd(trial());
      const before = tf.memory().numTensors;
      await runToEnd(trial());
      assert.equal(tf.memory().numTensors, before);
    });

    test('at the end, one example shows what each character looked at', async () => {
      const {
        checkpoint: { observations },
      } = await runToEnd(trial());
      if (attention === 'none') return assert.deepEqual(observations, []);
      const [seen] = observations as unknown as [
        { step: number; kind: string; data: { input: string[]; output: string[]; weights: number[][] } },
      ];
      assert.deepEqual([observations.length, seen.step, seen.kind], [1, 6, 'attention']);
      assert.ok(['<U>', '<L>'].includes(seen.data.input[0]!) && seen.data.input.length === 6);
      assert.equal(seen.data.weights.length, seen.data.output.length);
      for (const row of seen.data.weights) {
        assert.equal(row.length, seen.data.input.length);
        assert.ok(Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-3);
      }
      return undefined;
    });
  });
}

test('accuracy and exactMatch are of what the decoder writes by itself', () => {
  const problem = build({ length: 2 });
  const weights = problem.init(stream(1, 'init'));
  const says = (code: number): Weights => ({
    ...Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, tf.zerosLike(w)])),
    'output.bias': tf
      .oneHot(tf.tensor1d([code], 'int32'), END + 1)
      .toFloat()
      .as1D(),
  });
  const batch = exerciseBatch(
    [
      { token: '<L>', text: 'aA' },
      { token: '<L>', text: 'a' },
    ],
    2,
  );
  const of = (code: number, name: string) => tensorOf(problem.metrics(says(code), batch, {}), name).dataSync()[0]!;
  const a = vocabulary.encode('a', 'it')[0]!;
  assert.ok(Math.abs(of(a, 'accuracy') - 3 / 5) < 1e-6, 'three characters of five, two ends among them');
  assert.equal(of(a, 'exactMatch'), 0, 'without its end a sentence is not right');
});

test('truncated back-propagation is refused: it would cut the encoder off', () => {
  assert.throws(() => build({}, { ...training, truncate: 3 }), /training\.truncate is set, but in case-change/);
  assert.throws(() => build({ length: 3, minLength: 4 }), /task\.minLength is 4/);
});

async function runToEnd(spec: NetworkTrial, options?: TrainOptions): Promise<Trained> {
  const run = train(spec, options);
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}

test('with attention it soon learns short sentences, and converts what it is given', async () => {
  const { kind } = await useBackend();
  const spec: NetworkTrial = {
    task: { name: 'case-change', length: 4, attention: 'dot' },
    model: { cell: 'gru', hiddenUnits: 64, layers: 1 },
    training: {
      ...training,
      learningRate: 0.005,
      batchSize: 64,
      maxSteps: 400,
      evaluateEvery: 50,
      evaluationSize: 128,
      clip: { norm: 5 },
      stopWhen: { metric: 'exactMatch', atLeast: 0.99, evaluations: 2 },
    },
    seed: 1,
  };
  const { metrics, checkpoint, replayed } = await runToEnd(spec, { compile });
  assert.ok(metrics['exactMatch']! > 0.97, JSON.stringify(metrics));
  assert.equal(replayed, kind === 'native');

  const sampling = { temperature: [0.01], length: [20], greedy: true };
  const { samples, metrics: ofSamples } = await sampleTrial(spec, checkpoint, {
    ...sampling,
    prompts: ['<U>I am', '<L> What'],
  });
  assert.deepEqual(
    samples.map(({ text }) => text),
    ['I AM', 'what', 'I AM', 'what'],
  );
  assert.deepEqual(
    ofSamples.map(({ metrics: { exactMatch } }) => exactMatch),
    [1, 1],
  );
  await assert.rejects(sampleTrial(spec, checkpoint, { ...sampling, prompts: ['I am'] }), /begins with neither/);
  await assert.rejects(
    sampleTrial(spec, checkpoint, { ...sampling, prompts: ['<U>naïve'] }),
    /the prompt has the character "ï"/,
  );
});
