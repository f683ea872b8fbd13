/**
 * Code of other people that lies where a process of ours looks: in the folder for temporary files, which all share, and
 * in the current one.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createReportWriters } from '../../activities/report-process.ts';
import { createTrainerPool } from '../../trainer/pool.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { findPip } from '../../setup/wheel.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';

const execute = promisify(execFile);
const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
const environment = { ...process.env };
const home = process.cwd();
const variables = ['TMPDIR', 'SWEEP_HOME', 'TSX_DISABLE_CACHE', 'TSX_TSCONFIG_PATH'];
let folder: string;
let temporary: string;
let current: string;
const ran = () => join(folder, 'ran');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-others-'));
  [temporary, current] = [join(folder, 'tmp'), join(folder, 'current')];
  for (const path of [temporary, current, join(current, 'pip')]) await mkdir(path);
  await writeFile(
    join(current, 'theirs.mjs'),
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(ran())}, ''); export const z = {};`,
  );
  // As tsx understands it: imports of these mean that file.
  const theirs = [join(current, 'theirs.mjs')];
  await writeFile(
    join(current, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { baseUrl: '.', paths: { zod: theirs, vega: theirs, commander: theirs } } }),
  );
  await writeFile(join(current, 'pip', '__init__.py'), '');
  await writeFile(join(current, 'pip', '__main__.py'), `open(${JSON.stringify(ran())}, 'w')`);
  process.chdir(current);
  process.env.TMPDIR = temporary;
  process.env.SWEEP_HOME = folder;
  for (const name of ['TSX_DISABLE_CACHE', 'TSX_TSCONFIG_PATH']) delete process.env[name];
});

afterEach(async () => {
  process.chdir(home);
  for (const name of variables) {
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
  }
  await rm(folder, { recursive: true, force: true });
});

/**
 * tsx makes the folder of its cache when it has compiled the first file, and reads from one that is there before that.
 */
async function nothingOfTheirs(): Promise<void> {
  assert.deepEqual(
    (await readdir(temporary)).filter((name) => name.startsWith('tsx')),
    [],
    'compiled code was kept where others may put theirs',
  );
  assert.ok(!existsSync(ran()), 'their code ran');
}

test('tsx, left to itself, would run both', async () => {
  const tsx = fileURLToPath(import.meta.resolve('tsx'));
  await execute(process.execPath, ['--import', tsx, join(home, 'cli/main.ts')]).catch(() => {});
  await execute(process.execPath, ['--import', tsx, join(home, 'models/optimizers/adam.ts')]).catch(() => {});
  await assert.rejects(nothingOfTheirs);
  assert.ok(existsSync(ran()));
});

test('a command takes code from its checkout alone', async () => {
  const { stdout } = await execute(process.execPath, [BIN, 'list', 'cells']);
  assert.match(stdout, /vanilla recurrent network/);
  await nothingOfTheirs();
});

test('a trainer does', { timeout: 60_000 }, async () => {
  const pool = createTrainerPool({
    backend: JSON.stringify({ kind: 'cpu', threads: 1 }),
    env: {},
    onWarning: (message) => assert.fail(message),
  });
  const training = {
    optimizer: 'sgd',
    learningRate: 0.1,
    batchSize: 4,
    maxSteps: 1,
    evaluateEvery: 1,
    evaluationSize: 32,
  };
  const trial = {
    task: { name: 'palindrome', length: 3, encoding: 'one-hot' },
    model: { cell: 'rnn', hiddenUnits: 4, layers: 1 },
    training,
    seed: 1,
  };
  const lanes = [{ trialId: trialId(trial), index: 0, repeat: 0, trial, label: 'one' }];
  const job = { sweepId: 's', science: SCIENCE_VERSION, toStep: 1, lanes, objective: 'loss' };
  try {
    const request = {
      job,
      store: openStore(join(folder, 'runs')).url,
      attempt: 'one',
      attemptNumber: 1,
      worker: 'here',
    };
    const [outcome] = await pool.run(request, { signal: new AbortController().signal, onProgress: () => {} });
    assert.equal(outcome?.status, 'completed');
    await nothingOfTheirs();
  } finally {
    await pool.close();
  }
});

test('and the process that writes a report', { timeout: 60_000 }, async () => {
  const runs = join(folder, 'runs');
  const sweepId = await writeExampleRun(openStore(runs), {
    spec: { ...exampleSpec, report: { figures: ['loss-curves'] } },
  });
  const outcome = {
    state: 'completed',
    total: 42,
    completed: 41,
    diverged: 1,
    failed: 1,
    at: '2026-11-20T11:00:00.000Z',
    message: '',
  } as const;
  await createReportWriters().write(
    { runs, sweepId, outcome },
    { signal: new AbortController().signal, onAlive: () => {} },
  );
  await nothingOfTheirs();
});

test('pip is not the one of the current folder', async (t) => {
  if (!(await findPip())) return t.skip('no pip');
  await nothingOfTheirs();
});
