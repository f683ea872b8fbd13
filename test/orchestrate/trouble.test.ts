/** A worker that does not come up is told of, whatever keeps it from it: nobody looks on at nothing for ever. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundled } from '../../orchestrate/bundle.ts';
import { cacheDir } from '../../setup/home.ts';
import { newMachine, until } from '../support/machine.ts';

const SWEEP = {
  name: 'silent',
  task: { name: 'palindrome', length: 4 },
  model: { cell: 'rnn', hiddenUnits: 2 },
  training: { learningRate: 0.01, batchSize: 2, maxSteps: 2, evaluateEvery: 1, evaluationSize: 2 },
  space: { 'training.learningRate': [0.01] },
};

test('a start whose worker cannot start says why, and goes on once it can', { timeout: 300_000 }, async (t) => {
  const machine = await newMachine();
  t.after(() => machine.stop());
  const cache = join(machine.folder, 'cache');
  await unlink(cache);
  await mkdir(cache, { mode: 0o700 });
  for (const part of await readdir(cacheDir())) {
    if (part !== 'workflows') await symlink(join(cacheDir(), part), join(cache, part));
  }
  await writeFile(join(cache, 'workflows'), 'not the folder of bundled workflows');
  const file = join(machine.folder, 'silent.json');
  await writeFile(file, JSON.stringify(SWEEP));
  const runs = join(machine.folder, 'runs');
  await machine.worker(runs);
  const started = machine.spawn('start', file, '--runs', runs, '--backend', 'cpu', '--id', 's', '--workers', '1');
  const why = await until(() => /trying again: (.*)/.exec(started.output())?.[1]);
  assert.match(
    why,
    /^the worker on this machine: it ended with code 1; last in \S+\.log: error: \S+cache\/workflows\S*: /,
  );
  await unlink(join(cache, 'workflows'));
  const ended = await started.ended;
  assert.equal(ended.code, 0, await machine.story(ended));
});

test('workflows that cannot be bundled are told of by the first error', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-bundle-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'index.js'), "export { nothing } from './nowhere.js';\n");
  await assert.rejects(bundled(join(folder, 'index.js')), /cannot be bundled: ERROR in .*nowhere\.js/s);
});
