/** Ten sweeps that are struck by faults at random moments; `npm run test:faults` runs as many as one likes. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { faults } from '../faults/faults.ts';
import { scheduleOf } from '../faults/schedule.ts';
import { suffer, undisturbed, type Expected } from '../faults/suffer.ts';

const SEED = 2;
/**
 * The slow kind waits until Temporal gives a job up; two need root for a file system of their own. They are in the long
 * run.
 */
const LONG = ['zombie worker', 'full disk', 'read-only disk'];

const schedules = Array.from({ length: 40 }, (_, index) => scheduleOf(SEED, index))
  .filter(({ faults: planned }) => planned.every(({ name }) => !LONG.includes(name)))
  .slice(0, 10);

test('the same seed draws the same schedule, and a long run has every kind of fault', () => {
  assert.deepEqual(scheduleOf(7, 3), scheduleOf(7, 3));
  assert.notDeepEqual(scheduleOf(7, 3), scheduleOf(8, 3));
  const sorts = Object.keys(faults);
  const first = Array.from({ length: sorts.length }, (_, index) => scheduleOf(1, index).faults[0]?.name);
  assert.deepEqual(first, sorts);
  const met = new Set(
    Array.from({ length: 3 * sorts.length }, (_, index) => scheduleOf(1, index)).map(
      ({ kind, faults: [fault] }) => `${kind} ${fault?.name}`,
    ),
  );
  assert.equal(met.size, 3 * sorts.length, 'and each strikes each kind of sweep first');
});

describe(
  'a sweep that faults strike ends with the results of one that nobody disturbed',
  { concurrency: 2, timeout: 900_000 },
  () => {
    let expected: Expected;
    before(async () => {
      expected = await undisturbed();
    });
    for (const schedule of schedules) {
      test(`${schedule.kind}: ${schedule.faults.map(({ name }) => name).join(', ')}`, async () => {
        const suffered = await suffer(schedule, expected);
        assert.equal(suffered.problem, undefined);
        assert.ok(suffered.struck.length > 0, 'the sweep was over before anything struck');
      });
    }
  },
);
