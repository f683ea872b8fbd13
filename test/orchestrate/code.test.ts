import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OtherCode } from '../../trainer/code-guard.ts';
import { createReportWriters } from '../../activities/report-process.ts';
import { createTrainerPool } from '../../trainer/pool.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { codeGuard, codeHash, LOADED } from '../../orchestrate/code.ts';
import { openStore } from '../../store/index.ts';
import { trainersOf, until } from '../support/machine.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-guard-'));
});
after(() => rm(folder, { recursive: true }));

test('the hash of code changes with every file of its folders and with the packages, and with nothing else', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'sweep-code-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'models/cells'), { recursive: true });
  const hashes: string[] = [];
  for (const [file, text] of [
    ['models/cells/rnn.ts', 'h'],
    ['models/cells/rnn.ts', 'h + 1'],
    ['models/cells/gru.ts', ''],
    ['package-lock.json', '{}'],
    ['models/README.md', ''],
  ] as const) {
    await writeFile(join(root, file), text);
    hashes.push(await codeHash(['models'], root));
  }
  assert.equal(new Set(hashes).size, 4);
  assert.equal(hashes[4], hashes[3]);
});

test('a worker is told once that its code is another, and never that it is the same again', async () => {
  for (const part of LOADED) await mkdir(join(folder, 'code', part), { recursive: true });
  const file = join(folder, 'code/models/cell.ts');
  await writeFile(file, 'h');
  let told = 0;
  const { isSame } = await codeGuard(() => told++, join(folder, 'code'));
  assert.deepEqual([await isSame(), told], [true, 0]);
  await writeFile(file, 'h + 1');
  assert.deepEqual([await isSame(), await isSame(), told], [false, false, 1]);
  await writeFile(file, 'h');
  assert.deepEqual([await isSame(), told], [false, 1]);
});

const other = { isSame: () => Promise.resolve(false) };
const never = new AbortController().signal;

test('a trainer that has loaded other code than its worker trains nothing, and ends', { timeout: 60_000 }, async () => {
  const trial = {
    task: { name: 'palindrome', length: 4 },
    model: { cell: 'rnn', hiddenUnits: 2, layers: 1 },
    seed: 1,
    training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 1, maxSteps: 1, evaluateEvery: 1, evaluationSize: 1 },
  };
  const runs = join(folder, 'runs');
  const job = {
    sweepId: 's',
    science: SCIENCE_VERSION,
    toStep: 1,
    lanes: [{ trialId: trialId(trial), index: 0, repeat: 0, trial, label: 'one' }],
    objective: 'loss',
  };
  const request = { job, store: openStore(runs).url, attempt: 'one', attemptNumber: 1, worker: 'here' };
  const pool = createTrainerPool({
    backend: JSON.stringify({ kind: 'cpu', threads: 1 }),
    env: {},
    onWarning: (message) => assert.fail(message),
    guard: other,
  });
  try {
    await assert.rejects(pool.run(request, { signal: never, onProgress: () => assert.fail('it trains') }), OtherCode);
    await until(() => trainersOf(process.pid).length === 0);
    assert.deepEqual(await readdir(runs).catch(() => []), []);
  } finally {
    await pool.close();
  }
});

test('a writer of reports that has loaded other code writes none', { timeout: 60_000 }, async () => {
  const outcome = {
    state: 'completed' as const,
    total: 1,
    completed: 1,
    diverged: 0,
    failed: 0,
    at: '2026-11-20T11:00:00.000Z',
  };
  await assert.rejects(
    createReportWriters(other).write({ runs: folder, sweepId: 's', outcome }, { signal: never, onAlive: () => {} }),
    OtherCode,
  );
});
