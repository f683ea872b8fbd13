import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { otherResultsLines } from '../../cli/ui/plan.ts';
import { planOf } from '../../orchestrate/plan.ts';
import { trialAt } from '../../core/plan.ts';
import type { TrialResult, TrialTiming } from '../../core/results.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { openStore, type Store } from '../../store/index.ts';
import { writeControl } from '../../store/runs.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

async function runsFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-plan-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const spec = sweepSpec(
  { 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { from: 5, to: 15, step: 5 } },
  { repeats: 2 },
);

/** Leaves trial `index` in the runs folder as if another sweep had trained it. */
async function trained(
  runs: string,
  index: number,
  steps: number,
  seconds: number,
  sweep = 'other-00000000',
): Promise<void> {
  const { trialId, trial } = trialAt(spec, index);
  const folder = join(runs, sweep, 'trials', trialId);
  await mkdir(folder, { recursive: true });
  await writeFile(join(runs, sweep, 'sweep.json'), '{}');
  const result: TrialResult = {
    trialId,
    trial,
    science: SCIENCE_VERSION,
    status: 'completed',
    steps,
    metrics: {},
    parameters: 1,
    backend: 'cpu',
    replayed: false,
  };
  const timing: TrialTiming = { seconds, attempts: 1, worker: 'w', startedAt: '', endedAt: '' };
  for (const file of ['metrics.csv', 'model.ckpt', 'observations.json']) await writeFile(join(folder, file), ''); // without which a result is none
  await writeFile(join(folder, 'timing.json'), JSON.stringify(timing));
  await writeFile(join(folder, 'result.json'), JSON.stringify(result));
}

test('a plan counts trials, shapes, and results that any sweep of the folder has', async (t) => {
  const runs = await runsFolder(t);
  for (const index of [0, 5]) await trained(runs, index, 100, 7);
  const plan = await planOf(spec, openStore(runs));
  assert.equal(plan.trials, 12);
  assert.deepEqual(plan.cached, { trials: 2, of: 12 });
  assert.equal(plan.groups.length, 6);
  assert.equal(plan.seconds, undefined, 'four shapes were never timed');
  assert.deepEqual(
    plan.groups.map(({ seconds }) => seconds),
    [7, undefined, 7, undefined, undefined, undefined],
  );
});

test("a plan's time is that of the trials that are not cached, by what their shapes took", async (t) => {
  const runs = await runsFolder(t);
  for (const index of [0, 2, 4, 6, 8, 10]) await trained(runs, index, 100, index);
  const plan = await planOf({ ...spec, budget: { maxConcurrent: 1 } }, openStore(runs));
  assert.equal(plan.seconds, 0 + 2 + 4 + 6 + 8 + 10);
  const longer = sweepSpec(spec.space, {
    repeats: 2,
    budget: { maxConcurrent: 1 },
    training: { ...spec.training, maxSteps: 20_000 },
  });
  assert.equal(
    (await planOf(longer, openStore(runs))).seconds,
    200 * 2 * 30,
    'another number of steps: in proportion, and nothing is cached',
  );
});

test('results of the sweep itself are kept whatever they were trained by, and never without a word', async (t) => {
  const runs = await runsFolder(t);
  const store = openStore(runs);
  for (const index of [0, 1]) await trained(runs, index, 100, 7, 'own');
  for (const index of [1, 2]) await trained(runs, index, 100, 7);
  const native = { backend: 'tensorflow', replayed: true };
  const { cached, passedOver, mixed } = await planOf(spec, store, { sweepId: 'own', origin: native });
  const why = 'trained by cpu, not tensorflow';
  assert.deepEqual(
    { cached: cached.trials, passedOver, mixed },
    { cached: 2, passedOver: { [why]: 1 }, mixed: { [why]: 2 } },
  );
  assert.match(
    otherResultsLines({ passedOver, mixed }).join('\n'),
    new RegExp(`^1 result not taken: ${why}\n2 results of this sweep kept .*: ${why};`),
  );
  assert.deepEqual(
    (await planOf(spec, store, { sweepId: 'own', origin: { backend: 'cpu', replayed: false } })).mixed,
    {},
  );
});

test('--no-cache leaves the results of other sweeps out of the plan and of the time, now and when the sweep goes on', async (t) => {
  const runs = await runsFolder(t);
  const store = openStore(runs);
  for (let index = 0; index < 12; index++) await trained(runs, index, 100, 5);
  const one = { ...spec, budget: { maxConcurrent: 1 } };
  const without = await planOf(one, store, { sweepId: 'own', cache: false });
  assert.deepEqual([without.cached.trials, without.seconds, without.passedOver], [0, 12 * 5, { '--no-cache': 12 }]);
  assert.deepEqual([(await planOf(one, store, { sweepId: 'own' })).cached.trials], [12]);
  await writeControl(store, 'own', { paused: false, noCache: true });
  assert.equal((await planOf(one, store, { sweepId: 'own' })).cached.trials, 0);
});

test('a damaged result is not a cached one', async (t) => {
  const runs = await runsFolder(t);
  await trained(runs, 0, 100, 1);
  await writeFile(join(runs, 'other-00000000', 'trials', trialAt(spec, 0).trialId, 'result.json'), '{"trial');
  assert.equal((await planOf(spec, openStore(runs))).cached.trials, 0);
});

test('of a folder with many trials a plan reads those that it has, and so many others that it can tell times', async (t) => {
  const runs = await runsFolder(t);
  await trained(runs, 0, 100, 7);
  const folder = openStore(runs);
  const others = Array.from({ length: 5000 }, (_, i) => `${i.toString(16).padStart(20, '0')}/`);
  const read = new Set<string>();
  const store: Store = {
    ...folder,
    list: async (prefix) => [...(await folder.list(prefix)), ...(prefix.endsWith('/trials') ? others : [])],
    async get(key) {
      read.add(key);
      return folder.get(key);
    },
  };
  assert.equal((await planOf(spec, store)).cached.trials, 1);
  assert.equal([...read].filter((key) => key.endsWith('result.json')).length, 1001);
});

test('a million trials are planned without being walked', async (t) => {
  const runs = await runsFolder(t);
  const large = sweepSpec({
    'training.learningRate': { from: 0.001, to: 1, step: 0.001 },
    'model.hiddenUnits': { int: [1, 1000] },
  });
  const plan = await planOf(large, openStore(runs));
  assert.equal(plan.trials, 1_000_000);
  assert.equal(plan.groups.length, 1000);
  assert.ok(plan.groups.every(({ trials }) => trials === 1000));
  assert.deepEqual(plan.cached, { trials: 0, of: 1_000_000 });
});

const sweep = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['cli/bin.js', ...args], {
    env: { ...process.env, NO_COLOR: '1', LANG: 'C.UTF-8' },
  }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );

test('`sweep plan` says what would be done, and touches nothing', async (t) => {
  const runs = join(await runsFolder(t), 'runs');
  const text = await sweep('plan', 'sweeps/rnn-vs-lstm-full.json', '--runs', runs, '--set', 'repeats=2');
  assert.equal(text.code, 0);
  assert.match(text.stdout, /28 trials \(2 cells × 7 lengths × 2 repeats\), 0 of them cached/);
  assert.match(text.stdout, /task\.length +5 to 35 in steps of 5/);
  assert.match(text.stdout, /Nothing was started/);
  const json = JSON.parse((await sweep('plan', 'sweeps/rnn-vs-lstm-full.json', '--runs', runs, '--json')).stdout) as {
    trials: number;
    groups: unknown[];
  };
  assert.deepEqual([json.trials, json.groups.length], [42, 14]);
  await assert.rejects(readdir(runs), 'not even the runs folder is made');
});

test('`sweep plan` of a wrong file ends with 2, and a line for each mistake', async () => {
  const { code, stdout, stderr } = await sweep(
    'plan',
    'sweeps/rnn-vs-lstm.json',
    '--set',
    'training.optimizer=rmsporp',
    '--set',
    'repeats=0',
  );
  assert.equal(code, 2);
  assert.equal(stdout, '');
  const lines = stderr.trim().split('\n');
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /training\.optimizer: "rmsporp" is not an optimizer; .*did you mean "rmsprop"/);
  assert.match(lines[1] ?? '', /--set repeats=0: repeats: 0 is not allowed/);
});

test('`sweep list` shows every registry, and one of them with its options', async () => {
  const all = await sweep('list');
  for (const word of ['cells', 'palindrome', 'rmsprop', 'logUniform', 'grid', 'full', 'loss-curves'])
    assert.ok(all.stdout.includes(word), word);
  assert.match((await sweep('list', 'cells')).stdout, /forgetBias +a number; default 1/);
  const json = JSON.parse((await sweep('list', 'optimizers', '--json')).stdout) as {
    name: string;
    options: { name: string }[];
  }[];
  assert.deepEqual(
    json.find(({ name }) => name === 'momentum')?.options.map(({ name }) => name),
    ['momentum'],
  );
  const wrong = await sweep('list', 'cels');
  assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, /"cels" is nothing to list; allowed: cells, .*\(did you mean "cells"\?\)/);
});
