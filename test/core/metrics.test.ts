import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricOf, metrics } from '../../core/metrics.ts';

test('a share is better when larger, a loss and bits when smaller', () => {
  assert.deepEqual(Object.fromEntries(Object.entries(metrics).map(([name, { goal }]) => [name, goal])), {
    accuracy: 'maximize',
    exactMatch: 'maximize',
    bitsPerCharacter: 'minimize',
    loss: 'minimize',
  });
});

test('a metric is what its description says', () => {
  for (const [name, metric] of Object.entries(metrics)) assert.deepEqual(metricOf(name), metric);
  assert.deepEqual(metricOf('accuracy').range, [0, 1]);
  assert.deepEqual(metricOf('exactMatch').range, [0, 1]);
  assert.deepEqual(metricOf('bitsPerCharacter').range, [0, Infinity]);
  assert.deepEqual(metricOf('loss').range, [0, Infinity]);
});

/** Reports of run folders that other code has made keep their bytes. */
const asEver: [name: string, like: Partial<ReturnType<typeof metricOf>>][] = [
  ['wordAccuracy', { range: [0, 1], format: 'decimals' }],
  ['Match', { range: [0, 1], format: 'digits' }],
  ['crossEntropy', { range: [0, Infinity], format: 'digits' }],
  ['validationLoss', { range: [0, Infinity], format: 'digits' }],
  ['margin', { range: [-Infinity, Infinity], format: 'digits' }],
  ['toString', { range: [-Infinity, Infinity], format: 'digits' }],
];
for (const [name, like] of asEver) {
  test(`${name}, which nothing describes, is shown as ever`, () => {
    const { range, format } = metricOf(name);
    assert.deepEqual({ range, format }, like);
  });
}
