/**
 * Workers that differ on one runs folder, with real processes: only those that fit a sweep train it, and the others and
 * the sweep say so.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { LOADED, ROOT } from '../../orchestrate/code.ts';
import { openStore } from '../../store/index.ts';
import { listTrials, readOrigin, readOutcome, readResult } from '../../store/runs.ts';
import { newMachine, until, type Machine } from '../support/machine.ts';

const SPEC = {
  name: 'fleet',
  task: { name: 'palindrome', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 8 },
  training: { learningRate: 0.001, batchSize: 16, maxSteps: 400, evaluateEvery: 100, evaluationSize: 16 },
  space: { 'training.learningRate': [0.001, 0.002, 0.003] },
  repeats: 2,
};

let machine: Machine;
let elsewhere: Machine;
before(async () => {
  machine = await newMachine({ SWEEP_LANES: '1' });
  elsewhere = await newMachine({ TEMPORAL_ADDRESS: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` });
  await writeFile(join(machine.folder, 'fleet.json'), JSON.stringify(SPEC));
  assert.equal((await machine.sweep('server', 'start')).code, 0);
});
after(async () => {
  await elsewhere.stop();
  await machine.stop();
});

const runs = (name: string) => join(machine.folder, name);
const start = (name: string, ...more: string[]) =>
  machine.sweep('start', 'fleet.json', '--id', name, '--runs', runs(name), '--workers', '1', '--detach', ...more);

/** What its results say of themselves, once it has ended without a failure: the science and the backend, each once. */
async function makersOf(name: string): Promise<string[]> {
  const store = openStore(runs(name));
  const { state, total, completed, failed } = await until(() => readOutcome(store, name));
  assert.deepEqual([state, completed, failed], ['completed', total, 0]);
  const results = await Promise.all((await listTrials(store, name)).map((trial) => readResult(store, name, trial)));
  assert.equal(results.length, total);
  return [...new Set(results.map((result) => `${result?.science} ${result?.backend}`))];
}

test('a worker of another backend trains nothing of a sweep', { timeout: 300_000 }, async () => {
  const name = 'backends';
  const worker = elsewhere.spawn('worker', '--new', '--runs', runs(name), '--slots', '4', '--backend', 'cpu');
  await until(() => worker.output().includes('Worker of')); // it is there first, and has room for all
  const started = await start(name, '--backend', 'wasm');
  assert.equal(started.code, 0, await machine.story(started));
  const origin = await readOrigin(openStore(runs(name)), name);
  assert.match(origin?.backend ?? '', /^wasm /);
  assert.deepEqual(await makersOf(name), [`${SCIENCE_VERSION} ${origin?.backend}`]);
  worker.process.kill('SIGINT');
  await worker.ended;
});

test(
  'a sweep whose backend has gone waits, and says for what; a worker that fits nothing says so',
  { timeout: 300_000 },
  async () => {
    const name = 'waits';
    await writeFile(
      join(machine.folder, 'long.json'),
      JSON.stringify({ ...SPEC, training: { ...SPEC.training, maxSteps: 1_000_000 } }),
    );
    const start = (backend: string) =>
      machine.sweep(
        ...[
          'start',
          'long.json',
          '--id',
          name,
          '--runs',
          runs(name),
          '--workers',
          '1',
          '--detach',
          '--backend',
          backend,
        ],
      );
    const started = await start('wasm');
    assert.equal(started.code, 0, await machine.story(started));
    await until(async () => (await listTrials(openStore(runs(name)), name)).length > 0);
    const again = await start('cpu'); // in the place of the other: it finds the sweep running
    assert.equal(again.code, 0, await machine.story(again));
    const status = await until(async () => {
      const { stdout } = await machine.sweep('status', name, '--runs', runs(name));
      return stdout.includes('waiting for') && stdout;
    });
    assert.match(status, /Now +waiting for a worker of wasm [\d.]+; there is one of cpu [\d.]+\n/);
    assert.equal((await readOrigin(openStore(runs(name)), name))?.backend.split(' ')[0], 'wasm');
    const worker = elsewhere.spawn('worker', '--runs', runs(name), '--slots', '1', '--backend', 'cpu');
    await until(() => /warning: this worker fits no running sweep: it has cpu .*; wanted: wasm /.test(worker.output()));
    worker.process.kill('SIGINT');
    await worker.ended;
    assert.equal((await machine.sweep('cancel', name, '--runs', runs(name))).code, 0);
  },
);

test('a worker of another version of the science takes no job, and says so', { timeout: 300_000 }, async () => {
  const name = 'sciences';
  const checkout = join(machine.folder, 'checkout');
  await mkdir(checkout);
  for (const part of [...LOADED, 'sweep-file', 'cli', 'sweeps', 'package.json', 'package-lock.json', 'tsconfig.json'])
    await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  await symlink(resolve(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  const file = join(checkout, 'core/trial.ts');
  const code = await readFile(file, 'utf8');
  await writeFile(file, code.replace(/SCIENCE_VERSION = \d+/, `SCIENCE_VERSION = ${SCIENCE_VERSION + 1}`));
  const started = await start(name, '--backend', 'wasm', '--set', 'training.maxSteps=3000');
  assert.equal(started.code, 0, await machine.story(started));
  const args = [join(checkout, 'cli/bin.js'), 'worker', '--runs', runs(name), '--slots', '4', '--backend', 'wasm'];
  const worker = spawn(process.execPath, args, {
    env: elsewhere.env,
    cwd: machine.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [worker.stdout, worker.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const ended = new Promise((done) => worker.once('close', done));
  const line = new RegExp(`fits no running sweep: .*wanted: version ${SCIENCE_VERSION} of the science`);
  await until(() => line.test(said));
  assert.deepEqual(
    (await makersOf(name)).map((maker) => maker.split(' ')[0]),
    [String(SCIENCE_VERSION)],
  );
  worker.kill('SIGINT');
  await ended;
});

test('a worker refuses a place that is no runs folder; --new makes one', { timeout: 120_000 }, async () => {
  const place = runs('unmounted');
  const refused = await elsewhere.sweep('worker', '--runs', place);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^error: --runs .*unmounted: there is no runs folder .*--new to make one\n$/);
  await assert.rejects(readFile(join(place, '.store.json')), { code: 'ENOENT' });
  const worker = elsewhere.spawn('worker', '--runs', place, '--new', '--backend', 'cpu', '--slots', '1');
  await until(() => worker.output().includes('Worker of'));
  worker.process.kill('SIGINT');
  await worker.ended;
});
