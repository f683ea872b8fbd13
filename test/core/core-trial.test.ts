import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countTrials, labelOf, sweepId, trialAt } from '../../core/plan.ts';
import { shapeGroups } from '../../core/shapes.ts';
import type { Dimension } from '../../core/space/index.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import { deriveSeed, trialId } from '../../core/trial.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

const space: Record<string, Dimension> = {
  'model.cell': { choice: ['rnn', 'lstm'] },
  'task.length': { from: 5, to: 15, step: 5 },
};

// Pinned: another id would orphan every result that was ever computed. They change with SCIENCE_VERSION, never
// otherwise.
const trial: NetworkTrial = {
  task: { name: 'palindrome', length: 5, encoding: 'one-hot' },
  model: { cell: 'lstm', hiddenUnits: 16, layers: 1 },
  training: {
    optimizer: 'adam',
    learningRate: 0.001,
    batchSize: 8,
    maxSteps: 100,
    evaluateEvery: 50,
    evaluationSize: 64,
  },
  seed: 7,
};

test("a trial's id is what it ever was", () => {
  assert.equal(trialId(trial), '280c3e364c4658da96b5');
});

test("a trial's id does not depend on the order of keys", () => {
  const { task, model, training, seed } = trial;
  const reversed = <T extends object>(value: T) => Object.fromEntries(Object.entries(value).reverse()) as T;
  assert.equal(
    trialId({ seed, training: reversed(training), model: reversed(model), task: reversed(task) }),
    trialId(trial),
  );
});

test("a trial's id changes with anything that decides its result", () => {
  const others: NetworkTrial[] = [
    { ...trial, seed: 8 },
    { ...trial, task: { ...trial.task, length: 6 } },
    { ...trial, model: { ...trial.model, layers: 2 } },
    { ...trial, training: { ...trial.training, learningRate: 0.0010000000000000002 } },
    { ...trial, training: { ...trial.training, clip: { norm: 10 } } },
  ];
  assert.equal(new Set([trial, ...others].map(trialId)).size, 6);
});

test('seeds differ by path, and are whole numbers below 2^32', () => {
  assert.deepEqual(
    [deriveSeed(1, 'repeat', 0), deriveSeed(1, 'repeat', 1), deriveSeed(2, 'repeat', 0)],
    [705472515, 2857825519, 4229751285],
  );
});

test('repeats are neighbours with one seed each, the same in every configuration', () => {
  const spec = sweepSpec(space, { repeats: 3 });
  const trials = Array.from({ length: countTrials(spec) }, (_, i) => trialAt(spec, i));
  assert.equal(trials.length, 18);
  assert.deepEqual(
    trials.slice(0, 4).map(({ label }) => label),
    ['rnn length 5 seed 1', 'rnn length 5 seed 2', 'rnn length 5 seed 3', 'rnn length 10 seed 1'],
  );
  assert.deepEqual(new Set(trials.map(({ trial: { seed } }) => seed)).size, 3);
  assert.equal(trials[0]?.trial.seed, trials[3]?.trial.seed);
  assert.equal(new Set(trials.map((t) => t.trialId)).size, 18);
});

test("a trial is the spec with the configuration's values in place", () => {
  const spec = sweepSpec({ 'training.clip.norm': { choice: [1, 10] } });
  assert.deepEqual(trialAt(spec, 1).trial, {
    task: spec.task,
    model: spec.model,
    training: { ...spec.training, clip: { norm: 10 } },
    seed: deriveSeed(1, 'repeat', 0),
  });
  assert.equal(spec.training.clip, undefined, 'the spec stays as it is');
});

test("a trial's id does not depend on names, repeats or what else is swept", () => {
  const one = trialAt(sweepSpec(space), 0);
  const other = trialAt(
    sweepSpec(
      { 'model.cell': { choice: ['rnn'] }, 'task.length': { choice: [5] } },
      { name: 'other', repeats: 9, description: 'x' },
    ),
    0,
  );
  assert.equal(one.trialId, other.trialId);
});

test("a sweep's id is its name and eight digits of its spec", () => {
  assert.match(sweepId(sweepSpec(space)), /^example-[0-9a-f]{8}$/);
  assert.equal(sweepId(sweepSpec(space)), sweepId(sweepSpec({ ...space })));
  assert.notEqual(sweepId(sweepSpec(space)), sweepId(sweepSpec(space, { seed: 2 })));
});

test('a label reads like a sentence', () => {
  assert.equal(
    labelOf({ 'model.cell': 'lstm', 'training.learningRate': 0.001, 'model.hiddenUnits': 64 }, 1),
    'lstm learning rate 0.001 hidden units 64 seed 2',
  );
});

test('trials of equal shapes are one group, whatever they learn at', () => {
  const spec = sweepSpec(
    {
      ...space,
      'training.learningRate': { choice: [0.1, 0.01] },
      'training.optimizer': { choice: ['sgd', 'momentum'] },
      'training.momentum': { choice: [0.5, 0.7, 0.9], when: { 'training.optimizer': 'momentum' } },
    },
    { repeats: 2 },
  );
  const { groups, complete } = shapeGroups(spec, 1000);
  assert.ok(complete);
  assert.equal(groups.length, 2 * 3 * 2);
  assert.equal(
    groups.reduce((sum, { trials }) => sum + trials, 0),
    countTrials(spec),
  );
  assert.deepEqual(groups[0]?.values, { 'model.cell': 'rnn', 'task.length': 5, 'training.optimizer': 'sgd' });
  assert.deepEqual(
    groups.slice(0, 2).map(({ trials }) => trials),
    [2 * 2, 2 * 2 * 3],
  );
});

test('shape groups of a random search are those of its draws', () => {
  const spec = sweepSpec(
    { ...space, 'training.learningRate': { uniform: [0.1, 1] } },
    { search: { name: 'random', trials: 100 } },
  );
  const { groups, complete } = shapeGroups(spec, 1000);
  assert.ok(complete);
  assert.equal(groups.length, 6);
  assert.equal(
    groups.reduce((sum, { trials }) => sum + trials, 0),
    100,
  );
  assert.equal(shapeGroups(spec, 10).complete, false);
});
