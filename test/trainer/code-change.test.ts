/**
 * A checkout that changes under a running sweep, as `git pull` does it: no trial fails, and none is trained by other
 * code than its worker's.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { LOADED, ROOT } from '../../orchestrate/code.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { openStore } from '../../store/index.ts';
import { listTrials, readFailure, readOutcome, readResult } from '../../store/runs.ts';
import { newMachine, trainersOf, until, type Ended, type Machine } from '../support/machine.ts';

const SPEC = {
  name: 'upgraded',
  task: { name: 'palindrome', length: 8 },
  model: { cell: 'rnn', hiddenUnits: 16 },
  training: { learningRate: 0.001, batchSize: 16, maxSteps: 1500, evaluateEvery: 50, evaluationSize: 64 },
  space: { 'training.learningRate': [0.001, 0.002, 0.003, 0.004] },
  repeats: 2,
};

let machine: Machine;
let checkout: string;
before(async () => {
  machine = await newMachine({ SWEEP_LANES: '1' });
  checkout = join(machine.folder, 'checkout');
  await mkdir(checkout);
  const parts = [...LOADED, 'sweep-file', 'cli', 'sweeps', 'package.json', 'package-lock.json', 'tsconfig.json'];
  for (const part of parts) await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  await symlink(resolve(ROOT, 'node_modules'), join(checkout, 'node_modules'));
});
after(() => machine.stop());

/** `sweep …` of the checkout that changes. */
function sweep(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(checkout, 'cli/bin.js'), ...args], {
    env: machine.env,
    cwd: machine.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })));
}

test(
  'the version of the science is raised and a trainer dies: the worker starts again, and the sweep goes on with the new version',
  { timeout: 300_000 },
  async () => {
    const runs = join(machine.folder, 'runs');
    const spec = join(machine.folder, 'upgraded.json');
    await writeFile(spec, JSON.stringify(SPEC));
    const store = openStore(runs);
    const started = await sweep('start', spec, '--id', 'u', '--runs', runs, '--workers', '1', '--detach');
    assert.equal(started.code, 0, await machine.story(started));
    const results = async () =>
      (await Promise.all((await listTrials(store, 'u')).map((trial) => readResult(store, 'u', trial)))).flatMap(
        (result) => result ?? [],
      );
    await until(async () => (await results()).length > 0);

    const file = join(checkout, 'core/trial.ts');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace(/SCIENCE_VERSION = \d+/, `SCIENCE_VERSION = ${SCIENCE_VERSION + 1}`),
    );
    const worker = await until(async () => (await machine.worker(runs)).childPid);
    process.kill(await until(() => trainersOf(worker)[0]), 'SIGKILL');

    const { state, total, completed, failed } = await until(() => readOutcome(store, 'u'));
    assert.deepEqual([state, completed, failed], ['completed', total, 0], await machine.story(started));
    assert.notEqual((await machine.worker(runs)).childPid, worker);
    const science = (await results()).map((result) => result.science);
    assert.equal(science.filter((version) => version === SCIENCE_VERSION + 1).length, total);
    assert.ok(science.includes(SCIENCE_VERSION));
    for (const trial of await listTrials(store, 'u')) assert.equal(await readFailure(store, 'u', trial), undefined);
  },
);
