/** Which trial is the best one, in the workflow's state: for either goal, with all that has no number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addProgress, emptyProgress, isBetter, outcomeOf, withOutcome, type Progress } from '../../core/progress.ts';
import type { LaneOutcome, TrialResult } from '../../core/results.ts';

const outcome = (
  trialId: string,
  objective: number | null,
  status: LaneOutcome['status'] = 'completed',
): LaneOutcome => ({ trialId, status, steps: 1, objective, cached: false });
const after = (goal: 'maximize' | 'minimize', ...outcomes: LaneOutcome[]): Progress =>
  outcomes.reduce((progress, one) => withOutcome(progress, one, one.trialId, goal), emptyProgress(outcomes.length));

test('the best has the highest objective where that is the goal, and else the lowest; of equals the first', () => {
  const outcomes = [outcome('a', 0.5), outcome('b', 0.9), outcome('c', 0.1), outcome('d', 0.9), outcome('e', 0.1)];
  assert.equal(after('maximize', ...outcomes).best?.trialId, 'b');
  assert.equal(after('minimize', ...outcomes).best?.trialId, 'c');
});

test('no number is better than another, and any is better than none', () => {
  for (const goal of ['maximize', 'minimize'] as const) {
    assert.deepEqual(
      [isBetter(goal, null, 1), isBetter(goal, null, null), isBetter(goal, null, undefined)],
      [false, false, false],
    );
    assert.deepEqual(
      [isBetter(goal, 1, null), isBetter(goal, 1, undefined), isBetter(goal, 1, 1)],
      [true, true, false],
    );
  }
});

test("of two parts of a sweep the better best is the sweep's", () => {
  for (const [goal, best] of [
    ['maximize', 'b'],
    ['minimize', 'a'],
  ] as const) {
    const [a, b, none] = [
      after(goal, outcome('a', 0.1)),
      after(goal, outcome('b', 0.9)),
      after(goal, outcome('c', null, 'failed')),
    ];
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const)
      assert.equal(addProgress(one, other, goal).best?.trialId, best);
    assert.equal(addProgress(none, a, goal).best?.trialId, 'a');
    assert.equal(addProgress(a, none, goal).best?.trialId, 'a');
  }
});

const result: TrialResult = {
  trialId: 't',
  trial: {} as TrialResult['trial'],
  science: 1,
  status: 'completed',
  steps: 10,
  metrics: { accuracy: 1, loss: 0 },
  parameters: 1,
  backend: 'test',
  replayed: false,
};

test('a trial that diverged has no objective, whatever its last finite evaluation was, and so is never the best', () => {
  const { status: _, ...rung } = result;
  assert.deepEqual(
    [
      outcomeOf(result, 'accuracy').objective,
      outcomeOf(rung, 'accuracy').objective,
      outcomeOf(result, 'unknown').objective,
    ],
    [1, 1, null],
  );
  const diverged = outcomeOf({ ...result, status: 'diverged' }, 'accuracy');
  assert.deepEqual([diverged.status, diverged.objective], ['diverged', null]);
  const progress = after('maximize', outcome('other', 0.2), diverged);
  assert.deepEqual(
    [progress.best?.trialId, progress.completed, progress.diverged, progress.failed],
    ['other', 2, 1, 0],
  );
  assert.equal(after('minimize', diverged).best, undefined);
});

test('a trial at a rung may be the best, and counts for nothing else; one that failed counts as failed alone', () => {
  const {
    total: _,
    best,
    ...counts
  } = after('maximize', outcome('rung', 0.7, 'paused'), outcome('gone', null, 'failed'));
  assert.equal(best?.trialId, 'rung');
  assert.deepEqual(counts, { completed: 0, cached: 0, diverged: 0, failed: 1, stopped: 0 });
});
