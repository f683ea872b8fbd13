/** `sweep status` of a sweep that has ended, as the run folder alone tells it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { trialAt } from '../../core/plan.ts';
import { openStore } from '../../store/index.ts';
import { writeControl, writeFailure, writeOutcome } from '../../store/runs.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';

let runs: string;
let sweepId: string;
before(async () => {
  runs = await mkdtemp(join(tmpdir(), 'sweep-status-'));
  const store = openStore(runs);
  const failed = Array.from({ length: 25 }, (_, i) => i);
  sweepId = await writeExampleRun(store, { missing: failed, diverged: 30 });
  for (const index of failed) {
    const { trialId, trial } = trialAt(exampleSpec, index);
    await writeFailure(store, sweepId, { trialId, trial, message: 'no luck', at: '2026-11-20T10:05:00.000Z' });
  }
  await writeOutcome(store, sweepId, {
    state: 'completed',
    total: 42,
    completed: 17,
    diverged: 1,
    failed: 25,
    at: '2026-11-20T10:06:00.000Z',
    message: 'ended by its budget of 5 seconds, with 1 trials untrained',
  });
  await writeControl(store, sweepId, { paused: false, maxConcurrent: 3 });
});
after(() => rm(runs, { recursive: true }));

const status = async () =>
  (
    await promisify(execFile)(process.execPath, ['cli/bin.js', 'status', sweepId, '--runs', runs], {
      env: { ...process.env, NO_COLOR: '1', LANG: 'C.UTF-8' },
    })
  ).stdout;

test('the first trials that failed or diverged are named, the others counted', async () => {
  const text = await status();
  assert.equal(text.match(/no luck/g)?.length, 20);
  assert.match(text, /… 6 more/);
});

test('why it ended, and how many jobs it may run at a time, are said', async () => {
  const text = await status();
  assert.match(text, /^ +Why +ended by its budget of 5 seconds, with 1 trials untrained$/m);
  assert.match(text, /^ +Limit +at most 3 jobs at a time$/m);
});
