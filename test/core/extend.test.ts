/** What an extension of a sweep may change, and what it is told if it may not. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { extensionProblem } from '../../core/extend.ts';
import { countTrials, trialAt } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { extendSpec } from '../../sweep-file/extend.ts';
import { loadSweep } from '../../sweep-file/index.ts';
import { exampleSpec as spec } from '../support/example-run.ts';

const SWEEPS = fileURLToPath(new URL('../../sweeps', import.meta.url));
const stopWhen = spec.training.stopWhen as NonNullable<NetworkSweep['training']['stopWhen']>;
const random: NetworkSweep = {
  ...spec,
  search: { name: 'random', trials: 10 },
  space: { 'training.learningRate': { logUniform: [0.001, 0.1] } },
};
const { stopWhen: _, ...untilLast } = spec.training;

const allowed: Record<string, [before: NetworkSweep, after: NetworkSweep]> = {
  'more repeats': [spec, { ...spec, repeats: 5 }],
  'more values of a list, in any order': [
    spec,
    { ...spec, space: { ...spec.space, 'model.cell': { choice: ['gru', 'lstm', 'rnn'] } } },
  ],
  'a longer range': [spec, { ...spec, space: { ...spec.space, 'task.length': { from: 5, to: 50, step: 5 } } }],
  'a finer range': [spec, { ...spec, space: { ...spec.space, 'task.length': { from: 5, to: 35, step: 1 } } }],
  'more steps': [spec, { ...spec, training: { ...spec.training, maxSteps: 6000 } }],
  'a stop rule that is harder to meet': [
    spec,
    { ...spec, training: { ...spec.training, stopWhen: { ...stopWhen, atLeast: 0.999, evaluations: 4 } } },
  ],
  'no stop rule any more': [spec, { ...spec, training: untilLast }],
  'more draws': [random, { ...random, search: { name: 'random', trials: 20 } }],
  'another budget of time': [spec, { ...spec, budget: { wallClockSeconds: 5 } }],
  'a larger budget of trials': [{ ...spec, budget: { maxTrials: 5 } }, spec],
};
for (const [name, [before, after]] of Object.entries(allowed)) {
  test(`an extension may have ${name}; every trial of before is in it, or goes on`, () => {
    assert.equal(extensionProblem(before, after), undefined);
    const identity = (one: NetworkSweep, index: number) => {
      const {
        training: { maxSteps, stopWhen: rule, ...training },
        ...trial
      } = trialAt(one, index).trial;
      assert.ok(maxSteps > 0 && (rule === undefined || rule.evaluations > 0));
      return JSON.stringify({ ...trial, training });
    };
    const all = new Set(Array.from({ length: countTrials(after) }, (_, i) => identity(after, i)));
    for (let i = 0; i < countTrials(before); i++) assert.ok(all.has(identity(before, i)), `trial ${i}`);
  });
}

const refused: Record<string, [before: NetworkSweep, after: NetworkSweep, line: RegExp]> = {
  'nothing new': [spec, { ...spec }, /^nothing is new; allowed: more values, repeats/],
  'fewer repeats': [spec, { ...spec, repeats: 2 }, /^repeats 2 is less than the sweep has; allowed: 3 or more$/],
  'a value less': [
    spec,
    { ...spec, space: { ...spec.space, 'model.cell': { choice: ['lstm'] } } },
    /^space\["model.cell"\] lacks "rnn"/,
  ],
  'a range that misses old values': [
    spec,
    { ...spec, space: { ...spec.space, 'task.length': { from: 5, to: 50, step: 10 } } },
    /^space\["task.length"\] lacks 10/,
  ],
  'a dimension less': [
    spec,
    { ...spec, space: { 'model.cell': { choice: ['rnn', 'lstm'] } } },
    /^space\["task.length"\] is gone/,
  ],
  'a dimension more': [
    spec,
    { ...spec, space: { ...spec.space, 'model.layers': { choice: [1, 2] } } },
    /^space\["model.layers"\] is a dimension that/,
  ],
  'fewer steps': [
    spec,
    { ...spec, training: { ...spec.training, maxSteps: 10 } },
    /^training.maxSteps 10 is less than the sweep has; allowed: 3000 or more$/,
  ],
  'a stop rule that is easier to meet': [
    spec,
    { ...spec, training: { ...spec.training, stopWhen: { ...stopWhen, atLeast: 0.5 } } },
    /may end trials earlier/,
  ],
  'another batch size': [
    spec,
    { ...spec, training: { ...spec.training, batchSize: 7 } },
    /^training.batchSize is now 7; allowed: 128, as before/,
  ],
  'another task': [spec, { ...spec, task: { ...spec.task, length: 11 } }, /^task.length is now 11; allowed: 10/],
  'another seed': [spec, { ...spec, seed: 2 }, /^seed is now 2; allowed: 1, as before$/],
  'another search': [
    spec,
    { ...spec, search: { name: 'random', trials: 5 } },
    /^search.name is now "random"; allowed: "grid"/,
  ],
  'another scheduler': [
    spec,
    { ...spec, scheduler: { name: 'median' } },
    /^scheduler.name is now "median"; allowed: "full"/,
  ],
  'fewer draws': [
    random,
    { ...random, search: { name: 'random', trials: 5 } },
    /^search.trials 5 is less than the sweep has; allowed: 10 or more$/,
  ],
  'other draws': [
    random,
    { ...random, space: { 'training.learningRate': { logUniform: [0.001, 1] } } },
    /^space is drawn from by the random search/,
  ],
  'a smaller budget of trials': [
    spec,
    { ...spec, budget: { maxTrials: 5 } },
    /^budget.maxTrials 5 is less than the sweep has; allowed: none or more$/,
  ],
};
for (const [name, [before, after, line]] of Object.entries(refused)) {
  test(`an extension may not have ${name}`, () => assert.match(extensionProblem(before, after) ?? 'allowed', line));
}

test('every sweep file that ships comes back from its resolved form, with one repeat more', async () => {
  const files = readdirSync(SWEEPS).filter((name) => name.endsWith('.json') && !name.includes('schema'));
  assert.ok(files.length > 5);
  for (const name of files) {
    const { spec: before, corpora } = await loadSweep(join(SWEEPS, name));
    const texts = new Map(
      Object.entries(before.corpora ?? {}).map(([text, reference]) => [text, corpora.get(reference) as string]),
    );
    const { spec: after } = extendSpec(before, [`repeats=${before.repeats + 1}`], texts);
    assert.match(before.description, /[Ss]eed 00\d/, `${name} says which question it answers`);
    assert.deepEqual(after, { ...before, repeats: before.repeats + 1 }, name);
    assert.equal(extensionProblem(before, after), undefined, name);
  }
});
