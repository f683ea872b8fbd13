/**
 * Trials that are trained in rungs, in a real trainer process: the same bytes as in one go, whatever happens on the
 * way.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTrainerPool, type TrainerPool } from '../../trainer/pool.ts';
import type { LaneOutcome } from '../../core/results.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import type { TrialSpec } from '../../core/spec.ts';
import { openStore, type Store } from '../../store/index.ts';
import { readHighestRung } from '../../store/rungs.ts';

const trial: TrialSpec = {
  task: { name: 'palindrome', length: 4, encoding: 'one-hot' },
  model: { cell: 'rnn', hiddenUnits: 6, layers: 1 },
  training: { optimizer: 'adam', learningRate: 0.01, batchSize: 4, maxSteps: 40, evaluateEvery: 10, evaluationSize: 8 },
  seed: 5,
};
const id = trialId(trial);

let folder: string;
let trainers: TrainerPool;
let others: TrainerPool;
const warnings: string[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-rungs-'));
  const poolOf = (kind: string) =>
    createTrainerPool({
      backend: JSON.stringify({ kind, threads: 1 }),
      env: {},
      onWarning: (message) => warnings.push(message),
    });
  [trainers, others] = [poolOf('cpu'), poolOf('wasm')];
});
after(async () => {
  await Promise.all([trainers.close(), others.close()]);
  await rm(folder, { recursive: true, force: true });
});

const openNew = async (name: string): Promise<Store> => openStore(join(folder, name));

interface Trained {
  trial: TrialSpec;
  id: string;
  heard?: number[];
  pool?: TrainerPool;
}
async function trainTo(
  store: Store,
  toStep: number,
  attemptNumber = 1,
  { trial: given, id: trialId, heard = [], pool = trainers }: Trained = { trial, id },
): Promise<LaneOutcome | undefined> {
  const lanes = [{ trialId, index: 0, repeat: 0, trial: given, label: 'one' }];
  const job = { sweepId: 's', science: SCIENCE_VERSION, toStep, lanes, objective: 'loss' };
  const request = { job, store: store.url, attempt: `to-${toStep}-${attemptNumber}`, attemptNumber, worker: 'here' };
  const [outcome] = await pool.run(request, {
    signal: new AbortController().signal,
    onProgress: ({ step }) => heard.push(step),
  });
  return outcome;
}

const read = async (store: Store, file: string, trialId = id) =>
  Buffer.from((await store.get(`s/trials/${trialId}/${file}`)) ?? []).toString('hex');
const files = async (store: Store, trialId = id) =>
  Promise.all(['result.json', 'metrics.csv', 'model.ckpt'].map((file) => read(store, file, trialId)));

test('a trial trained in rungs ends with the same bytes as one trained in one go', { timeout: 60_000 }, async () => {
  const [whole, inRungs] = [await openNew('whole'), await openNew('rungs')];
  const end = await trainTo(whole, 40);
  const first = await trainTo(inRungs, 10);
  assert.deepEqual([first?.status, first?.steps, first?.cached], ['paused', 10, false]);
  assert.deepEqual(await inRungs.list(`s/trials/${id}`), ['rungs/']);
  const second = await trainTo(inRungs, 30);
  assert.deepEqual([second?.status, second?.steps], ['paused', 30]);
  assert.notEqual(second?.objective, first?.objective);
  assert.deepEqual(await trainTo(inRungs, 40), end);
  assert.equal(end?.status, 'completed');
  assert.deepEqual(await files(inRungs), await files(whole));
  assert.ok((await files(whole)).every((hex) => hex.length > 0));
});

test(
  'a rung asked for again is answered from its record, and after the end from the curve',
  { timeout: 60_000 },
  async () => {
    const store = await openNew('again');
    const first = await trainTo(store, 20);
    const record = await read(store, 'rungs/step-000000020.json');
    assert.deepEqual(await trainTo(store, 20, 2), first);
    assert.equal(await read(store, 'rungs/step-000000020.json'), record);
    await trainTo(store, 40);
    assert.deepEqual(await trainTo(store, 20, 2), first);
    assert.equal((await trainTo(store, 40, 2))?.status, 'completed');
  },
);

test(
  'a damaged checkpoint of a rung falls back to the one before, and changes no bytes',
  { timeout: 60_000 },
  async () => {
    const [whole, damaged] = [await openNew('whole'), await openNew('damaged')];
    await trainTo(damaged, 10);
    await trainTo(damaged, 30);
    assert.equal((await readHighestRung(damaged, 's', id))?.steps, 30);
    const file = join(damaged.url, `s/trials/${id}/rungs/step-000000030.ckpt`);
    const bytes = await readFile(file);
    await writeFile(
      file,
      bytes.map((byte, i) => (i === bytes.length - 40 ? byte ^ 4 : byte)),
    );
    await trainTo(damaged, 40);
    assert.equal(
      warnings.filter((line) => line.includes('step-000000030.ckpt') && line.includes('the one before')).length,
      1,
      warnings.join('\n'),
    );
    assert.deepEqual(await files(damaged), await files(whole));
  },
);

test(
  'with more steps a trial goes on from where it ended, to the same bytes as one trained in one go',
  { timeout: 60_000 },
  async () => {
    const withEnd = (ends: object) => {
      const longer = { ...trial, training: { ...trial.training, ...ends } };
      return { trial: longer, id: trialId(longer) };
    };
    // 35: the last step is no evaluation of the longer trial. The rule has stopped the second at step 20, and 40 is
    // beyond both.
    for (const [name, ends] of Object.entries({
      steps: { maxSteps: 35 },
      rule: { maxSteps: 35, stopWhen: { metric: 'loss', atMost: 100, evaluations: 3 } },
    })) {
      const [whole, extended] = [await openNew(`${name}-whole`), await openNew(`${name}-extended`)];
      const short = withEnd(ends);
      const long = withEnd({ maxSteps: 60 });
      await trainTo(whole, 60, 1, long);
      const end = await trainTo(extended, 35, 1, short);
      assert.equal(end?.steps, name === 'rule' ? 20 : 35);
      await extended.put('s/extended.json', JSON.stringify([{ hash: 'before', ends }]));
      const steps: number[] = [];
      await trainTo(extended, 60, 1, { ...long, heard: steps });
      assert.deepEqual(await files(extended, long.id), await files(whole, long.id));
      assert.equal(Math.min(...steps), end?.steps, 'it began where it had ended');
    }
  },
);

test(
  'another backend goes on from nothing that it has not trained itself: a trial is of one backend, whole',
  { timeout: 60_000 },
  async () => {
    const [whole, mixed, extended] = [
      await openNew('wasm-whole'),
      await openNew('wasm-mixed'),
      await openNew('wasm-extended'),
    ];
    const other = { trial, id, pool: others };
    await trainTo(whole, 40, 1, other);
    await trainTo(mixed, 10);
    await trainTo(mixed, 20);
    const heard: number[] = [];
    assert.equal((await trainTo(mixed, 20, 1, { ...other, heard }))?.status, 'paused');
    assert.equal(Math.min(...heard), 0);
    assert.match((await readHighestRung(mixed, 's', id))?.backend ?? '', /^wasm /);
    await trainTo(mixed, 40, 1, other);
    assert.deepEqual(await files(mixed), await files(whole));

    const short = { ...trial, training: { ...trial.training, maxSteps: 30 } };
    await trainTo(extended, 30, 1, { trial: short, id: trialId(short) });
    await extended.put('s/extended.json', JSON.stringify([{ hash: 'before', ends: { maxSteps: 30 } }]));
    await trainTo(extended, 40, 1, other);
    assert.deepEqual(await files(extended), await files(whole));
  },
);
