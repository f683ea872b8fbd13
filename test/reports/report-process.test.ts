import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createReportWriters } from '../../activities/report-process.ts';
import type { ReportProgress } from '../../core/results.ts';
import { verifyReport } from '../../reports/report.ts';
import { openStore } from '../../store/index.ts';
import { writeOutcome, type SweepOutcome } from '../../store/runs.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';
import { until } from '../support/machine.ts';

let folder: string;
let sweepId: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-report-'));
  sweepId = await writeExampleRun(openStore(folder), {
    spec: { ...exampleSpec, report: { figures: ['loss-curves'] } },
  });
});
after(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;
const outcome: SweepOutcome = {
  state: 'completed',
  total: 42,
  completed: 41,
  diverged: 1,
  failed: 1,
  at: '2026-11-20T11:00:00.000Z',
  message: 'ended by its budget',
};
const writers = createReportWriters();
const write = (options = {}) =>
  writers.write({ runs: folder, sweepId, outcome }, { signal: never, onAlive: () => {}, ...options });

test('a report is written by a process of its own, while this one is told that it lives', async () => {
  const told: (ReportProgress | undefined)[] = [];
  await write({ onAlive: (progress?: ReportProgress) => told.push(progress), beatMs: 5 });
  assert.ok(told.length > 0);
  const said = told.find((progress) => progress !== undefined);
  assert.ok(
    said !== undefined && said.done <= said.total && ['reading', 'drawing', 'writing'].includes(said.doing),
    'and how far it is',
  );
  const store = openStore(folder);
  assert.match(
    Buffer.from((await store.get(`${sweepId}/report/report.md`)) ?? []).toString('utf8'),
    /^Ended by its budget\.$/m,
  );
  await writeOutcome(store, sweepId, outcome);
  assert.ok((await verifyReport(store, sweepId)).ok, 'the report knows the end before it is written');
});

test('one that comes no further is given up, and so is one that nobody wants any more', async () => {
  await assert.rejects(
    write({ beatMs: 10, mostSilenceMs: 20 }),
    /the process that writes the report of .* ended \(SIGKILL\)/,
  );
  await assert.rejects(write({ signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' });
});

test('one that was ready writes once; another one is started for the next', async () => {
  const ofThis = (line: string) => line.includes('report-writer.ts') && Number.parseInt(line, 10) === process.pid;
  const writing = () => execFileSync('ps', ['-eo', 'ppid=,args=']).toString().split('\n').filter(ofThis).length;
  writers.prepare();
  writers.prepare();
  assert.equal(writing(), 1);
  await write();
  assert.equal(writing(), 0);
  await write();
  writers.prepare();
  writers.close();
  await until(() => writing() === 0);
  await write();
});

test('a sweep can end though its report cannot be written, which says which file is to blame', async () => {
  await writeFile(join(folder, sweepId, 'sweep.json'), '{');
  assert.match((await write()) ?? '', /^there is no new report: .*sweep\.json: /);
});
