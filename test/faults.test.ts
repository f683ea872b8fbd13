/** Ten sweeps that are struck by faults at random moments; `npm run test:faults` runs as many as one likes. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { faults } from './faults/faults.ts';
import { scheduleOf } from './faults/schedule.ts';
import { suffer, undisturbed } from './faults/suffer.ts';

const SEED = 2;
/** The slow kind waits until Temporal gives a job up; the full disk needs root for a file system of its own. Both are in the long run. */
const LONG = ['zombie worker', 'full disk'];

const schedules = Array.from({ length: 40 }, (_, index) => scheduleOf(SEED, index))
  .filter(({ faults: planned }) => planned.every(({ name }) => !LONG.includes(name))).slice(0, 10);

test('the same seed draws the same schedule, and a long run has every kind of fault', () => {
  assert.deepEqual(scheduleOf(7, 3), scheduleOf(7, 3));
  assert.notDeepEqual(scheduleOf(7, 3), scheduleOf(8, 3));
  const kinds = Object.keys(faults);
  const first = Array.from({ length: kinds.length }, (_, index) => scheduleOf(1, index).faults[0]?.name);
  assert.deepEqual(first, kinds);
});

describe('a sweep that faults strike ends with the results of one that nobody disturbed', { concurrency: 2, timeout: 900_000 }, () => {
  let expected: string;
  before(async () => { expected = await undisturbed(); });
  for (const schedule of schedules) {
    test(schedule.faults.map(({ name }) => name).join(', '), async () => {
      const suffered = await suffer(schedule, expected);
      assert.equal(suffered.problem, undefined);
      assert.ok(suffered.struck.length > 0, 'the sweep was over before anything struck');
    });
  }
});
