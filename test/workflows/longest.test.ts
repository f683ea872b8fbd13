/** What takes longest begins first: by its size, and once some were trained, by the time that they took. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largest, paceOf, weigh } from '../../core/pace.ts';
import { trialAt } from '../../core/plan.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { labSpec, newLaboratory, workers } from '../support/laboratory.ts';

const space: SweepSpec['space'] = { 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { choice: [4, 9, 6] } };

test('a trial is as long as its steps and what they multiply, and then as others of its program took', () => {
  const spec = { ...labSpec, space, repeats: 1 };
  const [rnn4, rnn9, rnn6, lstm4, , lstm6] = Array.from({ length: 6 }, (_, i) => weigh(trialAt(spec, i).trial));
  assert.ok(rnn4 && rnn6 && rnn9 && lstm4 && lstm6);
  const pace = paceOf();
  assert.ok(pace.of([rnn9]) > pace.of([rnn6]) && pace.of([rnn6]) > pace.of([rnn4]));
  assert.equal(pace.of([rnn6]), pace.of([lstm6]), 'nothing is known of cells');
  assert.ok(pace.of([rnn6, rnn6]) > pace.of([rnn9]), 'a pack is as long as its lanes one after the other');
  assert.ok(pace.of([{ ...rnn4, steps: 9 * rnn4.steps }]) > pace.of([rnn9]));
  pace.learn(lstm4, 900, 1800);
  assert.equal(pace.of([lstm4]), 1800);
  assert.equal(pace.of([rnn6]), 2700, 'in proportion to its size');
  pace.learn(rnn6, 900, 90);
  assert.equal(pace.of([rnn6]), 90);
  pace.learn(rnn6, 0, 1e9);
  assert.equal(pace.of([rnn6]), 90, 'nothing was trained');
  assert.equal(
    largest([2, 3, 3], (x) => x),
    1,
    'of equals the first',
  );
  assert.equal(
    largest([], () => 0),
    -1,
  );
});

for (const [name, options] of Object.entries(workers)) {
  test(`jobs begin with the longest, of equals with the first in the plan: ${name}`, async (t) => {
    const lab = await newLaboratory({ slots: 1, ...options });
    t.after(() => lab.stop());
    await lab.start('mixed', {
      space: { 'task.length': { choice: [4, 9, 6] } },
      repeats: 2,
      budget: { maxConcurrent: 1 },
    });
    await lab.ended('mixed');
    const begun = lab.begun.map(({ lanes: [lane] }) => `${String(lane?.trial.task?.['length'])} ${lane?.repeat}`);
    assert.deepEqual(begun.slice(0, 3), ['9 0', '9 1', '6 0']); // and from here on by the time that each took
    assert.deepEqual([...begun].sort(), ['4 0', '4 1', '6 0', '6 1', '9 0', '9 1']);
  });
}
