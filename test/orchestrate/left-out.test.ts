import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dropPath, valueText } from '../../core/json.ts';
import { countTrials, trialAt } from '../../core/plan.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import { parseSpec } from '../../sweep-file/index.ts';

const spec = (space: object, training: object = {}) =>
  parseSpec(
    JSON.stringify({
      name: 'left-out',
      task: { name: 'palindrome', length: 6 },
      model: { cell: 'rnn' },
      training,
      space,
      repeats: 1,
    }),
    { origin: 'file' },
  );

describe('null among the values of a dimension', () => {
  test('leaves its key out: the trial is that of a file which has none', () => {
    const swept = spec({ 'training.clip': [null, { norm: 10 }, { value: 5 }] }, { clip: { norm: 1 } });
    assert.equal(countTrials(swept), 3);
    const [none, norm, value] = [0, 1, 2].map((i) => trialAt(swept, i));
    assert.ok(!('clip' in none!.trial.training));
    assert.equal(none!.trialId, trialAt(spec({ 'task.length': [6] }), 0).trialId);
    assert.deepEqual(
      [norm, value].map((trial) => (trial!.trial as NetworkTrial).training.clip),
      [{ norm: 10 }, { value: 5 }],
    );
    assert.deepEqual(
      [none, norm, value].map((trial) => trial!.label),
      ['clip none seed 1', 'clip norm 10 seed 1', 'clip value 5 seed 1'],
    );
  });
  test('is for what may be left out: anything else is refused by its place', () => {
    assert.ok(spec({ 'training.truncate': [2, null] }));
    assert.ok(spec({ 'training.decay': [null, { factor: 0.5, every: 10 }] }));
    for (const path of [
      'training.learningRate',
      'model.hiddenUnits',
      'model.cell',
      'training.optimizer',
      'task.length',
      'model.activation',
    ]) {
      assert.throws(
        () => spec({ [path]: [null] }),
        new RegExp(`space\\["${path.replace('.', '\\.')}"\\]\\[0\\]: null`),
        path,
      );
    }
  });
});

test('dropPath takes a value out, and nothing else', () => {
  assert.deepEqual(dropPath({ a: { b: 1, c: 2 }, d: 3 }, ['a', 'b']), { a: { c: 2 }, d: 3 });
  assert.deepEqual(dropPath({ a: 1 }, ['a']), {});
  assert.deepEqual(dropPath({ a: 1 }, ['b', 'c']), { a: 1 });
});

test('values are written as people write them', () => {
  assert.deepEqual(['adam', 0.1, true, null, { norm: 10 }, { factor: 0.5, every: 3 }, [1, 2]].map(valueText), [
    'adam',
    '0.1',
    'true',
    'none',
    'norm 10',
    'factor 0.5, every 3',
    '[1,2]',
  ]);
});
