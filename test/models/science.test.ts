/**
 * Golden numbers: what version SCIENCE_VERSION of the science yields. If a change to models/ makes this test fail, then
 * it changes what trials learn: raise SCIENCE_VERSION in core/trial.ts, so that no result of the older version is
 * reused, and put the new numbers here, or into the `check` of the cell or optimizer. Plain JavaScript backend: the
 * same on every machine but for the last bits.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { cells } from '../../models/cells/index.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import type { Cell, Optimizer } from '../../models/types.ts';
import { train } from '../../trainer/network/train.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend('cpu');
});

/** One entry alone, as `npm run check -- cell gru` asks; left out: all. */
const only = process.env['SWEEP_CHECK'];

const training: TrainingSpec = {
  optimizer: 'rmsprop',
  learningRate: 0.01,
  batchSize: 4,
  maxSteps: 6,
  evaluateEvery: 3,
  evaluationSize: 16,
  clip: { norm: 1 },
  decay: { factor: 0.5, every: 4 },
};
const base: NetworkTrial = {
  task: { name: 'palindrome', length: 6 },
  model: { cell: 'lstm', hiddenUnits: 6, layers: 1 },
  training,
  seed: 20181001,
};

async function losses(trial: NetworkTrial, corpus?: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { metrics } of train(trial, { corpus })) found.push(metrics['loss']!);
  return found;
}

test('these numbers are those of this version', () => assert.equal(SCIENCE_VERSION, 4));

async function check(trial: NetworkTrial, expected: readonly number[], corpus?: string): Promise<void> {
  const found = await losses(trial, corpus);
  if (only !== undefined) console.log(`golden: [${found.map((x) => Number(x.toPrecision(7))).join(', ')}]`);
  const same =
    found.length === expected.length &&
    found.every((x, i) => Math.abs(x - expected[i]!) <= 1e-5 * Math.abs(expected[i]!));
  assert.ok(same, `the losses are [${found.join(', ')}], and were [${expected.join(', ')}]`);
}

const asked = <E>(registry: Readonly<Record<string, E>>) =>
  Object.entries(registry).filter(([name]) => only === undefined || name === only);

for (const [cell, { check: entry }] of asked<Cell>(cells)) {
  test(`${cell} in two layers`, () => check({ ...base, model: { ...base.model, cell, layers: 2 } }, entry.golden));
}
for (const [optimizer, { check: entry }] of asked<Optimizer>(optimizers)) {
  test(optimizer, () => check({ ...base, training: { ...training, optimizer } }, entry.golden));
}
if (only === undefined) {
  test('scalar digits, truncated back-propagation and clipping by value', () =>
    check(
      {
        ...base,
        task: { ...base.task, encoding: 'scalar' },
        training: { ...training, truncate: 3, clip: { value: 0.01 } },
      },
      [2.254727, 2.274007, 2.323844],
    ));

  const BOOK = 'Some years ago, never mind how long precisely. '.repeat(6);
  test('a text in windows from anywhere', () =>
    check({ ...base, task: { name: 'text', length: 5 } }, [3.056963, 2.966657, 2.888891], BOOK));
  test('a text with the memory carried on', () =>
    check({ ...base, task: { name: 'text', length: 5, carry: true } }, [3.071365, 2.985701, 2.91378], BOOK));
  test('names, by the smoothed sum of their losses', () =>
    check({ ...base, task: { name: 'names' } }, [17.39435, 17.38876, 17.37726], 'Iron\nTin\nRadium\nPotassium'));
  test('a cipher', () => check({ ...base, task: { name: 'caesar', length: 6 } }, [4.25492, 4.128094, 4.063167]));
  for (const [attention, expected] of [
    ['none', [4.273081, 3.95449, 3.713868]],
    ['dot', [4.279145, 3.944228, 3.876997]],
    ['additive', [4.27828, 4.061594, 3.71876]],
  ] as const) {
    test(`change of case, attention ${attention}`, () =>
      check({ ...base, task: { name: 'case-change', length: 4, attention } }, [...expected]));
  }
}
