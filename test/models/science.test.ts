/**
 * Golden numbers: what version SCIENCE_VERSION of the science yields. If a change to models/ makes this test fail, then
 * it changes what trials learn: raise SCIENCE_VERSION in core/trial.ts, so that no result of the older version is
 * reused, and put the new numbers here. Plain JavaScript backend: the same on every machine but for the last bits.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { cells, type CellName } from '../../models/cells/index.ts';
import { optimizers, type OptimizerName } from '../../models/optimizers/index.ts';
import { train } from '../../trainer/network/train.ts';
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend('cpu');
});

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

/** Losses at steps 0, 3 and 6. */
const byCell: Record<CellName, number[]> = {
  rnn: [2.516354, 2.270737, 2.232332],
  lstm: [2.2853, 2.188896, 2.204409],
  gru: [2.39153, 2.199057, 2.277119],
  'phased-lstm': [2.299575, 2.244167, 2.305252],
};
const byOptimizer: Record<OptimizerName, number[]> = {
  sgd: [2.314834, 2.348984, 2.350936],
  momentum: [2.314834, 2.345613, 2.351156],
  rmsprop: [2.314834, 2.27357, 2.324362],
  adam: [2.314834, 2.322067, 2.350434],
};

async function check(trial: NetworkTrial, expected: number[], corpus?: string): Promise<void> {
  const found = await losses(trial, corpus);
  const same =
    found.length === expected.length &&
    found.every((x, i) => Math.abs(x - expected[i]!) <= 1e-5 * Math.abs(expected[i]!));
  assert.ok(same, `the losses are [${found.join(', ')}], and were [${expected.join(', ')}]`);
}

for (const cell of Object.keys(cells) as CellName[]) {
  test(`${cell} in two layers`, () => check({ ...base, model: { ...base.model, cell, layers: 2 } }, byCell[cell]));
}
for (const optimizer of Object.keys(optimizers) as OptimizerName[]) {
  test(`${optimizer}`, () => check({ ...base, training: { ...training, optimizer } }, byOptimizer[optimizer]));
}
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
