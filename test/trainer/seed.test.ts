/**
 * What a trial of an extended sweep takes over from the shorter one: exactly what it would have had itself, or nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedOf } from '../../trainer/network/seed.ts';
import type { Resumable } from '../../core/results.ts';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { exampleSpec } from '../support/example-run.ts';

const trialWith = (training: Partial<TrainingSpec>) =>
  ({ ...exampleSpec, training: { ...exampleSpec.training, ...training }, seed: 1 }) as unknown as NetworkTrial;
const { stopWhen: _, ...noRule } = exampleSpec.training;
/** Evaluated every 10 steps, and at its last, 35. */
const checkpoint: Resumable = {
  step: 35,
  state: { about: { of: 'a test' }, bytes: Uint8Array.of(7) },
  curve: [0, 10, 20, 30, 35].map((step) => ({ step, metrics: { accuracy: step / 100 } })),
  observations: [0, 35].map((step) => ({ step, kind: 'samples', data: [] })),
};
const longer: NetworkTrial = { ...trialWith({}), training: { ...noRule, evaluateEvery: 10, maxSteps: 60 } };

test('the point and the observations of its last step are made again: there it is no longer the end', () => {
  const seed = seedOf(longer, checkpoint);
  assert.deepEqual(
    [seed?.step, seed?.curve.map(({ step }) => step), seed?.observations.map(({ step }) => step)],
    [35, [0, 10, 20, 30], [0]],
  );
  const even = seedOf(
    { ...longer, training: { ...longer.training, maxSteps: 40 } },
    { ...checkpoint, step: 30, curve: checkpoint.curve.slice(0, 4) },
  );
  assert.deepEqual(
    even?.curve.map(({ step }) => step),
    [0, 10, 20],
    'an evaluation that it has itself is made again too',
  );
});

test('evaluations that the longer trial does not have are left out', () => {
  assert.deepEqual(
    seedOf({ ...longer, training: { ...longer.training, evaluateEvery: 20 } }, checkpoint)?.curve.map(
      ({ step }) => step,
    ),
    [0, 20],
  );
});

test('a trial that would have ended before takes nothing', () => {
  assert.equal(seedOf({ ...longer, training: { ...longer.training, maxSteps: 34 } }, checkpoint), undefined);
  const rule = (atLeast: number) => ({
    ...longer,
    training: { ...longer.training, stopWhen: { metric: 'accuracy', atLeast, evaluations: 2 } },
  });
  assert.equal(seedOf(rule(0.1), checkpoint), undefined, 'at step 20 its rule had held twice');
  assert.notEqual(seedOf(rule(0.3), checkpoint), undefined, 'once is not twice');
});
