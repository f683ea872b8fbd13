/**
 * A sweep survives kill -9 of each of its parts: the same trials end with the same bytes in results.csv as in a run
 * that nobody disturbed. Everything is real: the CLI, the server, the worker, its trainers, TensorFlow.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openStore } from '../../store/index.ts';
import { readTiming } from '../../store/runs.ts';
import { newMachine, trainersOf, until, type Machine } from '../support/machine.ts';

const ID = 'survivor';
const SPEC = {
  name: 'survivor',
  task: { name: 'palindrome', length: 12 },
  model: { hiddenUnits: 48 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 64,
    maxSteps: 2500,
    evaluateEvery: 50,
    evaluationSize: 64,
  },
  space: { 'model.cell': ['rnn', 'lstm'] },
  repeats: 3,
};

let machine: Machine;
let spec: string;
const runs = (name: string) => join(machine.folder, name);
const results = (name: string) => readFile(join(runs(name), ID, 'report/results.csv'), 'utf8');
const start = (name: string) => machine.spawn('start', spec, '--id', ID, '--runs', runs(name), '--workers', '2');

before(async () => {
  machine = await newMachine({ SWEEP_CHECKPOINT_SECONDS: '0.5' });
  spec = join(machine.folder, 'survivor.json');
  await writeFile(spec, JSON.stringify(SPEC));
});
after(() => machine.stop());

/** Waits until a trial that has no result yet has saved a checkpoint. */
async function midTrial(name: string): Promise<void> {
  const trials = join(runs(name), ID, 'trials');
  await until(async () => {
    for (const trial of await readdir(trials).catch(() => [])) {
      const files = await readdir(join(trials, trial));
      if (!files.includes('result.json') && files.includes('attempts')) return true;
    }
    return false;
  });
}

async function workerPid(name: string): Promise<number> {
  return until(async () => (await machine.worker(runs(name))).childPid);
}

test(
  'killed trainers, a killed worker, a killed server and a killed CLI change no result',
  { timeout: 420_000 },
  async (t) => {
    const undisturbed = await start('undisturbed').ended;
    assert.equal(undisturbed.code, 0, await machine.story(undisturbed));
    const expected = await results('undisturbed');
    assert.equal(expected.trim().split('\n').length, 7, expected);

    const name = 'disturbed';
    const first = start(name);
    await midTrial(name);
    const worker = await workerPid(name);

    await t.test('a trainer', async () => {
      const trainer = await until(() => trainersOf(worker)[0]);
      process.kill(trainer, 'SIGKILL');
      await until(() => trainersOf(worker).length === 2 && !trainersOf(worker).includes(trainer));
    });

    await t.test('the CLI', async () => {
      first.process.kill('SIGKILL');
      assert.equal((await first.ended).code, null);
      assert.equal(await workerPid(name), worker);
    });

    await t.test('the worker: it is back, and its trainers are gone', async () => {
      const orphans = trainersOf(worker);
      process.kill(worker, 'SIGKILL');
      await until(async () => (await workerPid(name)) !== worker);
      await until(() => orphans.every((pid) => !isAlive(pid)));
    });

    await t.test('the server: it is back with the sweep in it', async () => {
      const server = await until(async () => (await machine.server()).childPid);
      process.kill(server, 'SIGKILL');
      await until(async () => {
        const { childPid } = await machine.server();
        return childPid !== undefined && childPid !== server;
      });
    });

    const second = await start(name).ended;
    assert.equal(second.code, 0, await machine.story(second));
    assert.equal(await results(name), expected);

    const store = openStore(runs(name));
    const trials = (await store.list(`${ID}/trials`)).map((folder) => folder.slice(0, -1));
    assert.equal(trials.length, 6);
    const attempts = await Promise.all(
      trials.map(async (trial) => (await readTiming(store, ID, trial))?.attempts ?? 0),
    );
    assert.ok(
      attempts.some((n) => n > 1),
      `no trial was interrupted: attempts ${attempts.join(', ')}`,
    );
    for (const trial of trials) {
      assert.deepEqual(await store.list(`${ID}/trials/${trial}`), [
        'metrics.csv',
        'model.ckpt',
        'observations.json',
        'result.json',
        'timing.json',
      ]);
    }
    const verified = await machine.sweep('report', ID, '--runs', runs(name), '--verify');
    assert.equal(verified.code, 0, await machine.story(verified));
  },
);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
