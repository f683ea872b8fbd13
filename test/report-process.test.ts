import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeReportApart } from '../activities/report-process.ts';
import { verifyReport } from '../reports/report.ts';
import { openStore } from '../store/index.ts';
import { writeOutcome, type SweepOutcome } from '../store/runs.ts';
import { exampleSpec, writeExampleRun } from './support/example-run.ts';

let folder: string;
let sweepId: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-report-'));
  sweepId = await writeExampleRun(openStore(folder), { spec: { ...exampleSpec, report: { figures: ['loss-curves'] } } });
});
after(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;
const outcome: SweepOutcome = { state: 'completed', total: 42, completed: 41, diverged: 1, failed: 1, at: '2026-11-20T11:00:00.000Z', message: 'ended by its budget' };
const write = (options = {}) => writeReportApart(folder, sweepId, { outcome, signal: never, onAlive: () => {}, ...options });

test('a report is written by a process of its own, while this one is told that it lives', async () => {
  let alive = 0;
  await write({ onAlive: () => alive++, beatMs: 50 });
  assert.ok(alive > 0);
  const store = openStore(folder);
  assert.match(Buffer.from(await store.get(`${sweepId}/report/report.md`) ?? []).toString('utf8'), /^Ended by its budget\.$/m);
  await writeOutcome(store, sweepId, outcome);
  assert.ok((await verifyReport(store, sweepId)).ok, 'the report knows the end before it is written');
});

test('one that comes no further is given up, and so is one that nobody wants any more', async () => {
  await assert.rejects(write({ beatMs: 10, mostSilenceMs: 20 }), /the process that writes the report of .* ended \(SIGKILL\)/);
  await assert.rejects(write({ signal: AbortSignal.timeout(100) }), { name: 'AbortError' });
});

test('a sweep can end though its report cannot be written, which says which file is to blame', async () => {
  await writeFile(join(folder, sweepId, 'sweep.json'), '{');
  assert.match(await write() ?? '', /^there is no new report: .*sweep\.json: /);
});
