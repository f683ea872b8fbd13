/** The task names: seed 000 part B, its numbers, its order, its padding, what its networks write. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Observation } from '../../core/results.ts';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { problemOf } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { Batch } from '../../models/types.ts';
import { packaged } from '../../sweep-file/corpora.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

const {
  namesLm: { elements: seed },
} = JSON.parse(readFileSync(new URL('../fixtures/seed-numbers.json', import.meta.url), 'utf8')) as {
  namesLm: { elements: { vocabulary: number; hidden: number; samples: number; lossFirst: number } };
};
const ELEMENTS = packaged['chemical-elements']!();
const NONE = -1;

const training: TrainingSpec = {
  optimizer: 'sgd',
  learningRate: 0.01,
  batchSize: 1,
  maxSteps: 12,
  evaluateEvery: 4,
  evaluationSize: 20,
  clip: { value: 5 },
};
function trialOf({
  task,
  model,
  training: own,
  seed: s = 1,
}: { task?: object; model?: object; training?: Partial<TrainingSpec>; seed?: number } = {}): NetworkTrial {
  return {
    task: { name: 'names', ...task },
    model: { cell: 'rnn', hiddenUnits: 8, layers: 1, ...model },
    training: { ...training, ...own } as TrainingSpec,
    seed: s,
  };
}
async function runToEnd(trial: NetworkTrial, options: TrainOptions = {}): Promise<Trained> {
  const run = train(trial, { corpus: ELEMENTS, ...options });
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}

const characters = [...new Set(ELEMENTS.toLowerCase())].sort();
/** The names of a batch, by its targets; checks that the inputs are the same, one step later, after a zero vector. */
function namesIn(batch: Batch): string[] {
  const [inputs, targets] = ['inputs', 'targets'].map((name) => tensorOf<tf.Tensor2D>(batch, name).arraySync()) as [
    number[][],
    number[][],
  ];
  return inputs[0]!.map((_, example) => {
    const wanted = targets.map((row) => row[example]!).filter((code) => code !== NONE);
    const given = inputs.map((row) => row[example]!);
    assert.deepEqual(given.slice(0, wanted.length), [NONE, ...wanted.slice(0, -1)]);
    assert.ok(given.slice(wanted.length).every((code) => code === NONE));
    assert.equal(characters[wanted.at(-1)!], '\n', 'a name ends');
    return wanted
      .slice(0, -1)
      .map((code) => characters[code])
      .join('');
  });
}

describe('the numbers of seed 000 part B', () => {
  const trial = trialOf({ model: { hiddenUnits: seed.hidden } });

  test('an evaluation of as many as there are sees every element once, in whatever batches', () => {
    const { evaluationBatch } = problemOf(trial, ELEMENTS);
    const draws = stream(1, 'evaluate', 7);
    const seen = [32, 32, 32, 22].flatMap((size) => namesIn(evaluationBatch!(draws, size)));
    assert.deepEqual(seen.sort(), ELEMENTS.toLowerCase().trim().split('\n').sort());
    assert.notDeepEqual(
      namesIn(evaluationBatch!(stream(1, 'evaluate', 8), 32)),
      namesIn(evaluationBatch!(stream(1, 'evaluate', 7), 32)),
    );
  });

  test('the elements have 24 letters, with the newline 25 characters', () => {
    assert.equal(characters.length, seed.vocabulary);
    const problem = problemOf(trial, ELEMENTS);
    const [d, n] = [seed.vocabulary, seed.hidden];
    assert.equal(problem.parameters, d * n + n * n + n + n * d + d);
  });

  test("the smoothed loss starts at 7 log 25, and is the seed's first one after a name of 8 letters and a network that guesses", () => {
    const problem = problemOf(trial, ELEMENTS);
    const start = problem.carried!(1);
    assert.ok(
      Math.abs(tensorOf(start, 'smoothedLoss').dataSync()[0]! - seed.samples * Math.log(seed.vocabulary)) < 1e-5,
    );
    const guessing = mapTensors(problem.init(stream(1, 'init')), tf.zerosLike);
    const steps = Array.from({ length: 118 }, (_, i) => problem.batch(stream(1, 'batch', i + 1), 1));
    const ofEight = steps.find((batch) => namesIn(batch)[0]!.length === 8)!;
    const { loss, carried } = problem.loss(guessing, ofEight, start);
    assert.ok(Math.abs(loss.dataSync()[0]! - 9 * Math.log(25)) < 1e-4, 'a sum over nine characters');
    assert.ok(
      Math.abs(tensorOf(carried!, 'smoothedLoss').dataSync()[0]! - seed.lossFirst) < 1e-5,
      "the seed's weights were near 0, not 0",
    );
  });

  test('the curve starts there, and falls', async () => {
    const { curve } = await runToEnd(
      trialOf({ model: { hiddenUnits: seed.hidden }, training: { maxSteps: 600, evaluateEvery: 200 } }),
    );
    const losses = curve.map(({ metrics }) => metrics['loss']!);
    assert.ok(Math.abs(losses[0]! - 22.53213) < 1e-4);
    assert.ok(losses.at(-1)! < 21.5, `${losses}`);
    assert.ok(curve.at(-1)!.metrics['bitsPerCharacter']! < curve[0]!.metrics['bitsPerCharacter']! - 1);
  });
});

describe('batches', () => {
  test("take the names in turn, in an order that is the trial's own", () => {
    const problem = problemOf(trialOf(), ELEMENTS);
    const nameAt = (s: number, step: number) => namesIn(problem.batch(stream(s, 'batch', step), 1))[0]!;
    const once = Array.from({ length: 118 }, (_, i) => nameAt(5, i + 1));
    assert.deepEqual([...once].sort(), ELEMENTS.toLowerCase().trim().split('\n').sort());
    assert.notDeepEqual(once, ELEMENTS.toLowerCase().trim().split('\n'));
    assert.equal(nameAt(5, 119), once[0]);
    assert.notDeepEqual(
      Array.from({ length: 118 }, (_, i) => nameAt(6, i + 1)),
      once,
    );
    assert.deepEqual(
      namesIn(problem.batch(stream(5, 'batch', 2), 3)),
      once.slice(3, 6),
      'larger batches take more at a time',
    );
  });

  test('padding changes neither loss nor metrics', () => {
    const trial = trialOf();
    const [long, short] = ['rutherfordium', 'tin'];
    const lossOf = (...names: string[]) => {
      const problem = problemOf(trial, [...names, 'abcdefghijklmnopqrstuvwxyz'].join('\n'));
      const weights = problem.init(stream(1, 'init'));
      // Steps go through the list in the trial's order: the one that has just these names.
      for (let step = 1; step < 50; step++) {
        const batch = problem.batch(stream(1, 'batch', step), names.length);
        const found = tensorOf<tf.Tensor2D>(batch, 'targets')
          .transpose<tf.Tensor2D>()
          .arraySync()
          .map((row) => row.filter((code) => code !== NONE).length - 1);
        if (
          [...found].sort().join() !==
          names
            .map((name) => name.length)
            .sort()
            .join()
        )
          continue;
        return problem.loss(weights, batch, problem.carried!(1)).loss.dataSync()[0]!;
      }
      return assert.fail('never came');
    };
    const [both, one, other] = [lossOf(long!, short!), lossOf(long!), lossOf(short!)];
    assert.ok(Math.abs(both - (one + other) / 2) < 1e-4, `${both} is not the mean of ${one} and ${other}`);
  });

  test('a name that is given in upper case is read in lower case; blank lines and white space are no names', () => {
    const problem = problemOf(trialOf(), ' IRON \n\n\tTin\n');
    const letters = ['\n', 'i', 'n', 'o', 'r', 't'];
    const codes = tensorOf<tf.Tensor2D>(problem.batch(stream(1, 'batch', 1), 2), 'targets')
      .transpose<tf.Tensor2D>()
      .arraySync();
    assert.deepEqual(codes.map((row) => row.flatMap((code) => letters[code] ?? []).join('')).sort(), [
      'iron\n',
      'tin\n',
    ]);
    assert.throws(() => problemOf(trialOf(), '\n \n'), /no name in it/);
  });
});

describe('training', () => {
  const samplesOf = (observations: Observation[]) => observations.filter(({ kind }) => kind === 'samples');

  test('writes names at the start, every so many steps, and at the end; they begin with a capital', async () => {
    const { checkpoint } = await runToEnd(
      trialOf({ task: { samples: 5, sampleEvery: 8 }, training: { maxSteps: 20 } }),
    );
    const seen = samplesOf(checkpoint.observations);
    assert.deepEqual(
      seen.map(({ step }) => step),
      [0, 8, 16, 20],
    );
    for (const { data } of seen) {
      const { texts } = data as { texts: string[] };
      assert.equal(texts.length, 5);
      for (const text of texts) assert.match(text, /^([A-Z][a-z]{0,49})?$/);
    }
  });

  test('stopped after any step and resumed it is bit-equal, names and running loss too', async () => {
    const trial = trialOf({ task: { sampleEvery: 4 }, model: { cell: 'gru', layers: 2 }, training: { batchSize: 2 } });
    const whole = await runToEnd(trial);
    assert.equal(samplesOf(whole.checkpoint.observations).length, 4);
    for (const toStep of [0, 3, 4, 11]) {
      const { checkpoint } = await runToEnd(trial, { toStep });
      assert.deepEqual(
        await runToEnd(trial, { resume: structuredClone(checkpoint) }),
        whole,
        `stopped after step ${toStep}`,
      );
    }
  });

  test('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await runToEnd(trialOf({ task: { sampleEvery: 4 } }));
    assert.equal(tf.memory().numTensors, before);
  });
});

test('a network that has learned a list by heart writes its names, from the start and from a prompt', async () => {
  const corpus = 'Iron\nRadium\nTin';
  const trial = trialOf({
    model: { cell: 'gru', hiddenUnits: 16 },
    training: { optimizer: 'adam', learningRate: 0.02, batchSize: 3, maxSteps: 150, evaluateEvery: 150 },
  });
  const { checkpoint, metrics } = await runToEnd(trial, { corpus });
  assert.ok(metrics['accuracy']! > 0.8, `${metrics['accuracy']}`); // the first letters stay a guess
  const { writer } = problemOf(trial, corpus);
  const weights = Object.fromEntries(
    Object.entries(checkpoint.tensors).flatMap(([name, { values, shape }]) =>
      name.startsWith('weights/') ? [[name.slice('weights/'.length), tf.tensor(values, shape)]] : [],
    ),
  );
  const write = (prompt: string, s: number) =>
    writer!.write(weights, { prompt, length: 20, temperature: 0.5 }, stream(s, 'test'));
  const texts = Array.from({ length: 30 }, (_, s) => write('', s));
  assert.deepEqual([...new Set(texts)].sort(), ['Iron', 'Radium', 'Tin']);
  assert.deepEqual(
    texts,
    Array.from({ length: 30 }, (_, s) => write('', s)),
    'the same draws give the same names',
  );
  assert.equal(write('Ra', 1), 'dium');
  assert.equal(
    writer!.write(weights, { prompt: 'R', length: 3, temperature: 'greedy' }, stream(1, 'test')),
    'adi',
    'no longer than asked',
  );
  assert.throws(() => writer!.check!('Rax'), /the prompt "Rax" has the character "x" \(U\+0078\)/);
});

test('samples are told by their ends, and by whether the list has them; a prompt is part of a name', () => {
  const { writer } = problemOf(trialOf(), ELEMENTS);
  assert.deepEqual(writer!.metrics(['Radium', 'Potponium', 'Leaburm', ''], ['', '', '', '']), {
    um: 0.5,
    new: 0.5,
    known: 0.25,
  });
  assert.deepEqual(writer!.metrics(['dium', 'nc'], ['Ra', 'zi']), { um: 0.5, new: 0, known: 1 });
});
