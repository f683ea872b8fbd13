import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Checkpoint, TrialResult } from '../../core/results.ts';
import type { TrialSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { openStore } from '../../store/index.ts';
import {
  adoptTrial,
  commitTrial,
  differenceFrom,
  isSampled,
  latestCheckpoint,
  readCurve,
  readModel,
  readResult,
  saveCheckpoint,
  storeId,
  writeSamples,
} from '../../store/runs.ts';

const newStore = async () => openStore(await mkdtemp(join(tmpdir(), 'sweep-store-')));
const trial: TrialSpec = {
  task: { name: 'palindrome', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 8, layers: 1 },
  training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 4, maxSteps: 100, evaluateEvery: 50, evaluationSize: 16 },
  seed: 7,
};
const id = trialId(trial);
const checkpointAt = (step: number): Checkpoint => ({
  step,
  curve: [{ step, metrics: { accuracy: 0.5, loss: 1.25 } }],
  observations: [{ step, kind: 'samples', data: ['a'] }],
  state: { about: { of: 'a test' }, bytes: Buffer.of(1, 2, 3, step) },
});
const result: TrialResult = {
  trialId: id,
  trial,
  science: SCIENCE_VERSION,
  status: 'completed',
  steps: 100,
  metrics: { accuracy: 0.5, loss: 1.25 },
  parameters: 9,
  backend: 'test',
  replayed: false,
};
const origin = { backend: 'test', replayed: false };
const timing = { seconds: 1, attempts: 1, worker: 'here', startedAt: 'a', endedAt: 'b' };
const finished = { result, timing, curve: checkpointAt(100).curve, model: checkpointAt(100) };

test('a write replaces the file whole and leaves nothing else behind', async () => {
  const store = await newStore();
  await store.put('a/b.txt', 'one');
  await store.put('a/b.txt', 'two');
  assert.equal(Buffer.from((await store.get('a/b.txt'))!).toString(), 'two');
  assert.deepEqual(await readdir(join(store.url, 'a')), ['b.txt']);
});

test('of many who write a new file at once, exactly one wins and its bytes stay', async () => {
  const store = await newStore();
  const won = await Promise.all(Array.from({ length: 20 }, (_, i) => store.putNew('a', String(i))));
  assert.equal(won.filter(Boolean).length, 1);
  assert.equal(Buffer.from((await store.get('a'))!).toString(), String(won.indexOf(true)));
});

test('a key cannot leave the runs folder', async () => {
  const store = await newStore();
  for (const key of ['../x', 'a/../../x', 'a/./b', 'a\0b'])
    await assert.rejects(store.put(key, ''), /leaves the runs folder/);
});

test('what is not there reads as nothing, lists as empty and removes as done', async () => {
  const store = await newStore();
  assert.equal(await store.get('none/at/all'), undefined);
  assert.deepEqual(await store.list('none'), []);
  await store.remove('none');
});

test('the id of a runs folder is made once', async () => {
  const store = await newStore();
  const ids = await Promise.all([storeId(store), storeId(store), storeId(store)]);
  assert.equal(new Set(ids).size, 1);
});

test('a checkpoint comes back bit for bit', async () => {
  const store = await newStore();
  await saveCheckpoint(store, 's', id, checkpointAt(3), { attempt: 'one', origin });
  assert.deepEqual(await latestCheckpoint(store, 's', id, origin), checkpointAt(3));
});

test('the last two checkpoints are kept, and a damaged one falls back to the one before', async () => {
  const store = await newStore();
  for (const step of [10, 20, 30]) await saveCheckpoint(store, 's', id, checkpointAt(step), { attempt: 'one', origin });
  const folder = join(store.url, 's/trials', id, 'attempts/one');
  assert.deepEqual(await readdir(folder), ['step-000000020.ckpt', 'step-000000030.ckpt']);
  const newest = join(folder, 'step-000000030.ckpt');
  const bytes = await readFile(newest);
  for (const damage of ['flip', 'cut', 'empty'] as const) {
    if (damage === 'flip')
      await writeFile(
        newest,
        bytes.map((byte, i) => (i === bytes.length - 40 ? byte ^ 4 : byte)),
      );
    else await truncate(newest, damage === 'cut' ? bytes.length - 1 : 0);
    const heard: string[] = [];
    assert.equal(
      (await latestCheckpoint(store, 's', id, origin, { onDamaged: (key) => void heard.push(key) }))?.step,
      20,
      damage,
    );
    assert.deepEqual(heard, [newest]);
  }
});

test('a checkpoint is gone on from by its own backend alone, and each keeps its last two though another was further', async () => {
  const store = await newStore();
  for (const step of [80, 90])
    await saveCheckpoint(store, 's', id, checkpointAt(step), {
      attempt: 'one',
      origin: { ...origin, backend: 'another' },
    });
  assert.equal(await latestCheckpoint(store, 's', id, origin), undefined);
  for (const step of [10, 20, 30]) await saveCheckpoint(store, 's', id, checkpointAt(step), { attempt: 'two', origin });
  assert.deepEqual(await store.list(`s/trials/${id}/attempts/two`), ['step-000000020.ckpt', 'step-000000030.ckpt']);
  const latest = async (of: object) => (await latestCheckpoint(store, 's', id, { ...origin, ...of }))?.step;
  assert.deepEqual(
    [await latest({}), await latest({ backend: 'another' }), await latest({ replayed: true })],
    [30, 90, undefined],
  );
});

test('an attempt that comes back after another has committed its trial leaves nothing there', async () => {
  const store = await newStore();
  await commitTrial(store, 'first', finished);
  await saveCheckpoint(store, 'first', id, checkpointAt(50), {
    attempt: 'zombie',
    origin: { backend: 'test', replayed: false },
  });
  assert.deepEqual(await readdir(join(store.url, 'first/trials', id)), [
    'metrics.csv',
    'model.ckpt',
    'observations.json',
    'result.json',
    'timing.json',
  ]);
});

test('a trial is committed once: whoever comes second changes nothing', async () => {
  const store = await newStore();
  await saveCheckpoint(store, 's', id, checkpointAt(50), { attempt: 'one', origin });
  await commitTrial(store, 's', finished);
  const second = await commitTrial(store, 's', { ...finished, result: { ...result, steps: 1 } });
  assert.deepEqual(second, result);
  assert.deepEqual(await readResult(store, 's', id), result);
  assert.deepEqual(await readCurve(store, 's', id), finished.curve);
  assert.deepEqual(await readModel(store, 's', id), finished.model);
  assert.deepEqual(await store.list(`s/trials/${id}`), [
    'metrics.csv',
    'model.ckpt',
    'observations.json',
    'result.json',
    'timing.json',
  ]);
});

test('a trained network is asked for texts until it has written them; one that diverged is not asked', async () => {
  const store = await newStore();
  const sampling = { temperature: [1], length: [5], prompts: [], greedy: false };
  await commitTrial(store, 'first', finished);
  assert.equal(await isSampled(store, 'first', result, sampling), false);
  assert.equal(await isSampled(store, 'first', { ...result, status: 'diverged' }, sampling), true);
  assert.equal(await isSampled(store, 'first', result, undefined), true);
  await writeSamples(store, 'first', id, { sampling, samples: [], metrics: [] });
  assert.equal(await isSampled(store, 'first', result, sampling), true);
  assert.equal(await isSampled(store, 'first', result, { ...sampling, length: [6] }), false);
});

test('a result is adopted from another sweep, but not from another backend, and not step by step for a graph', async () => {
  const store = await newStore();
  await store.put('first/sweep.json', '{}');
  await commitTrial(store, 'first', finished);
  assert.equal(await adoptTrial(store, 'second', id, { ...origin, backend: 'another' }), undefined);
  assert.equal(await adoptTrial(store, 'second', id, { ...origin, replayed: true }), undefined);
  assert.equal(differenceFrom({ ...origin, backend: 'another' }, result), 'trained by test, not another');
  assert.equal(differenceFrom({ ...origin, replayed: true }, result), 'trained step by step, not as a graph');
  assert.match(differenceFrom(origin, { ...result, science: 0 }) ?? '', /^of version 0 of the science, not \d+$/);
  assert.deepEqual(await adoptTrial(store, 'second', id, origin), result);
  assert.deepEqual(await readModel(store, 'second', id), finished.model);
});
