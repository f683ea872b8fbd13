import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findSweep } from '../../orchestrate/find-sweep.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec, memoryStore, writeExampleRun } from '../support/example-run.ts';

const spec: SweepSpec = {
  ...exampleSpec,
  space: { 'task.length': { choice: [5, 15] } },
  repeats: 2,
  report: { figures: ['accuracy-by-length'] },
};
let runs: string;
let sweepId: string;
before(async () => {
  runs = await mkdtemp(join(tmpdir(), 'sweep-report-cli-'));
  sweepId = await writeExampleRun(openStore(runs), { spec, diverged: -1, failed: -1 });
});
after(() => rm(runs, { recursive: true }));

/** The command as its own process: its exit code is part of what it says. */
function report(...args: string[]): { code: number | null; out: string; err: string } {
  const program = `
    const { reportCommand } = await import('./cli/commands/report/command.ts');
    const { UserError } = await import('./core/errors.ts');
    await reportCommand().parseAsync(${JSON.stringify([...args, '--runs', runs])}, { from: 'user' })
      .catch((error) => { console.error(error instanceof UserError ? error.message : error); process.exitCode = error.exitCode ?? 1; });`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', program],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
  );
  return { code: status, out: stdout, err: stderr };
}

test('writes a report, verifies it, and fails on a changed data file, which it names', async () => {
  const early = report('rnn-vs-lstm', '--verify');
  assert.deepEqual([early.code, early.out], [1, '']);
  assert.match(early.err, /has no report yet/);

  const written = report('rnn-vs-lstm');
  assert.deepEqual([written.code, written.err], [0, '']);
  assert.match(written.out, new RegExp(`^Report: .*${sweepId}/report/report\\.html \\(10 files\\)\\n$`));
  const verified = report(sweepId.slice(0, -3), '--verify');
  assert.equal(verified.code, 0);
  const [line = '', ...meaning] = verified.out.trim().split('\n');
  assert.match(line, /: verified\. 10 files of the report follow from 18 data files, byte for byte\.$/);
  assert.match(
    meaning.join(' '),
    /^Proved: .+ Not proved: that training gave this data \(sweep report \S+ --verify --retrain 3 /,
  );

  const [trial = ''] = await openStore(runs).list(`${sweepId}/trials`);
  const path = join(runs, sweepId, 'trials', trial, 'metrics.csv');
  const before = await readFile(path, 'utf8');
  await writeFile(path, before.replace(/\n$/, '0\n'));
  const tampered = report(sweepId, '--verify');
  assert.equal(tampered.code, 1);
  assert.match(
    tampered.out,
    new RegExp(
      `NOT verified\\.\nData that is not what the report was built from:\n {2}changed {5}trials/${trial}metrics\\.csv\n`,
    ),
  );
  const asJson = report(sweepId, '--verify', '--json');
  assert.equal(asJson.code, 1);
  assert.deepEqual(
    JSON.parse(asJson.out).data.filter((check: { state: string }) => check.state !== 'equal'),
    [{ path: `trials/${trial}metrics.csv`, state: 'changed' }],
  );
  await writeFile(path, before.replace(/\n$/, '1\n'));
  assert.equal(report(sweepId).code, 0);
  const anew = report(sweepId, '--verify');
  assert.equal(anew.code, 1);
  assert.match(
    anew.out,
    new RegExp(
      `NOT verified\\.\nData that does not agree with itself:\n {2}trials/${trial}metrics\\.csv does not end in`,
    ),
  );
  await writeFile(path, before);
  assert.equal(report(sweepId).code, 0);
  assert.equal(report(sweepId, '--verify').code, 0);
  assert.match(report(sweepId, '--retrain', '1').err, /--retrain goes with --verify/);
});

test('writes a report elsewhere and verifies it there', async () => {
  const out = join(runs, 'elsewhere', 'deep');
  const written = report(sweepId, '--out', out, '--json');
  assert.equal(written.code, 0);
  const { folder, files } = JSON.parse(written.out);
  assert.deepEqual([folder, files.length], [out, 10]);
  assert.equal(report(sweepId, '--out', out, '--verify').code, 0);
  const copy = join(runs, 'elsewhere', 'copy');
  await cp(out, copy, { recursive: true });
  await writeFile(join(copy, 'summary.csv'), 'nothing\n');
  const tampered = report(sweepId, '--out', copy, '--verify');
  assert.equal(tampered.code, 1);
  assert.match(tampered.out, / {2}changed {5}report\/summary\.csv\n/);
  const nowhere = report(sweepId, '--out', join(runs, 'nowhere'), '--verify');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.err, /nowhere: no such folder/);
});

test('a sweep is found by its id, the start of it, or its name; a wrong one lists what there is', async () => {
  const store = memoryStore();
  await assert.rejects(
    findSweep(store, 'any'),
    /no sweep "any": there are none in memory; start one with: sweep start FILE/,
  );
  const put = (id: string) => store.put(`${id}/sweep.json`, '{}');
  await put('ab-11111111');
  await put('ab-22222222');
  await put('ab-cd-33333333');
  assert.equal(await findSweep(store, 'ab-11111111'), 'ab-11111111');
  assert.equal(await findSweep(store, 'ab-2'), 'ab-22222222');
  assert.equal(await findSweep(store, 'ab-cd'), 'ab-cd-33333333');
  await assert.rejects(findSweep(store, 'ab'), /"ab" may be any of ab-11111111, ab-22222222; give more of the id/);
  await assert.rejects(findSweep(store, 'ab-'), /may be any of ab-11111111, ab-22222222, ab-cd-33333333/);
  await assert.rejects(
    findSweep(store, 'x'),
    /no sweep "x" in memory; there is ab-11111111, ab-22222222, ab-cd-33333333/,
  );
  await assert.rejects(findSweep(store, ''), /no sweep ""/);
});
