/** The kind of trainer that runs programs: what it refuses to run. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { trialAt } from '../../core/plan.ts';
import type { ProgramSweep } from '../../core/spec.ts';
import { openStore } from '../../store/index.ts';
import { writeProgramFile } from '../../store/programs.ts';
import { claimSweep } from '../../store/runs.ts';
import { loadSweep } from '../../sweep-file/index.ts';
import { openProgram } from '../../trainer/program/index.ts';
import type { LaneEvent } from '../../trainer/types.ts';

const EXAMPLE = new URL('../../examples/plain-python/sweep.json', import.meta.url).pathname;

test('a job runs the program of its run folder and no other, with the files of that hash and no others', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-program-kind-'));
  t.after(() => rm(folder, { recursive: true }));
  const store = openStore(folder);
  const { spec, files } = await loadSweep(EXAMPLE);
  const lane = trialAt(spec as ProgramSweep, 0);
  const trainer = await openProgram();
  async function run(trial = lane.trial): Promise<LaneEvent[]> {
    const options = { folder: { store, sweepId: 'x' }, attempt: 'a', toStep: 2, signal: new AbortController().signal };
    const events = await trainer.train([{ ...lane, trial }], { ...options, onStep() {}, onTurn() {} });
    const all: LaneEvent[] = [];
    for await (const event of events) all.push(event);
    return all;
  }
  const forged = { ...lane.trial, program: { ...lane.trial.program, command: ['touch', join(folder, 'forged')] } };
  await assert.rejects(run(), UserError, 'there is no such sweep');
  await claimSweep(store, 'x', spec);
  await assert.rejects(run(), /files\/[0-9a-f]{64} is missing$/);
  for (const [hash, bytes] of files) await writeProgramFile(store, 'x', hash, bytes);
  await assert.rejects(run(forged), /^UserError: x: the run folder has no sweep of this program: it is not run$/);
  assert.ok(!(await store.list('')).includes('forged'));
  const events = await run();
  assert.deepEqual(
    events.flatMap((event) => ('report' in event ? [event.report.step] : [])),
    [1, 2],
  );
  const last = events.at(-1);
  assert.ok(last && 'end' in last);
  assert.deepEqual([last.end.status, last.end.steps, last.end.saved?.step], ['paused', 2, 2]);
  const [hash] = files.keys();
  await store.put(`x/files/${hash?.replace('sha256:', '')}`, 'print("changed")');
  await assert.rejects(run(), /has changed$/);
});
