/** Which trials make a pack, and that what a job of several lanes leaves behind is what single ones do. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packSizeFile, packSizes } from '../../trainer/network/pack-sizes.ts';
import { TrainerStopped, createTrainerPool, type TrainerPool } from '../../trainer/pool.ts';
import { MOST_LANES, packLimit, packsOf } from '../../core/packs.ts';
import type { JobProgress, Lane } from '../../core/results.ts';
import { programKey } from '../../core/shapes.ts';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { nativeEnvironment } from '../../engine/backends/environment.ts';
import { programsKept } from '../../trainer/network/programs.ts';
import { compile } from '../../engine/replay/index.ts';
import { answers, measurePackSize, type PackSize } from '../../trainer/network/pack-size.ts';
import { findNative } from '../../setup/tensorflow.ts';
import { openStore, type Store } from '../../store/index.ts';
import { useBackend } from '../support/backend.ts';

function trialOf(seed: number, training: Partial<TrainingSpec> = {}, length = 4): NetworkTrial {
  return {
    task: { name: 'palindrome', length, encoding: 'one-hot' },
    model: { cell: 'rnn', hiddenUnits: 6, layers: 1 },
    training: {
      optimizer: 'adam',
      learningRate: 0.01,
      batchSize: 4,
      maxSteps: 40,
      evaluateEvery: 10,
      evaluationSize: 8,
      clip: { norm: 1 },
      ...training,
    },
    seed,
  };
}
const laneOf = (trial: NetworkTrial, index: number): Lane => ({
  trialId: trialId(trial),
  index,
  repeat: 0,
  trial,
  label: `lane ${index}`,
});

test('one program serves trials that differ in numbers only, and no others', () => {
  const key = programKey(trialOf(1));
  const alike: Partial<TrainingSpec>[] = [
    { learningRate: 1, decay: { factor: 0.5, every: 3 } },
    { maxSteps: 7, evaluateEvery: 3 },
    { clip: { norm: 5 } },
    { beta1: 0.5 },
    { stopWhen: { metric: 'loss', atMost: 1, evaluations: 1 } },
  ];
  for (const training of alike) assert.equal(programKey(trialOf(2, training)), key, JSON.stringify(training));
  const others: Partial<TrainingSpec>[] = [
    { clip: { value: 1 } },
    { optimizer: 'sgd' },
    { batchSize: 5 },
    { evaluationSize: 9 },
    { truncate: 2 },
    { flavour: 'strong' },
  ];
  for (const training of others) assert.notEqual(programKey(trialOf(1, training)), key, JSON.stringify(training));
  assert.notEqual(programKey(trialOf(1, {}, 5)), key);
  const { model, ...trial } = trialOf(1);
  for (const other of [{ cell: 'gru' }, { hiddenUnits: 7 }, { layers: 2 }])
    assert.notEqual(programKey({ ...trial, model: { ...model, ...other } }), key, JSON.stringify(other));
});

test('packs are of one program, as even as can be, and in order', () => {
  const trials = Array.from({ length: 9 }, (_, i) => ({ i, trial: trialOf(i, {}, i % 3 === 2 ? 5 : 4) }));
  const numbers = (most?: number) => packsOf(trials, most).map((pack) => pack.map(({ i }) => i));
  assert.deepEqual(numbers(), [
    [0, 1, 3, 4, 6, 7],
    [2, 5, 8],
  ]);
  assert.deepEqual(numbers(4), [
    [0, 1, 3],
    [2, 5, 8],
    [4, 6, 7],
  ]);
  assert.deepEqual(numbers(2), [[0, 1], [2, 5], [3, 4], [6, 7], [8]]);
  assert.deepEqual(
    packsOf(trials, 1)
      .flat()
      .map(({ i }) => i),
    trials.map(({ i }) => i),
    'packs of one are the plan',
  );
  assert.deepEqual(packsOf([], 4), []);
});

test('no pack is so large that a slot has nothing to do', () => {
  assert.deepEqual(
    [packLimit(24, 2), packLimit(24, 4), packLimit(3, 4), packLimit(0, 4), packLimit(1000, 2)],
    [12, 6, 1, 1, MOST_LANES],
  );
  for (const [waiting, slots] of [
    [24, 2],
    [24, 5],
    [7, 3],
    [100, 8],
  ] as const) {
    const trials = Array.from({ length: waiting }, (_, i) => ({ trial: trialOf(i) }));
    assert.ok(packsOf(trials, packLimit(waiting, slots)).length >= slots);
  }
});

test('a size that is on disk is taken, a damaged one is measured again', { timeout: 60_000 }, async () => {
  const { name } = await useBackend();
  const sizes = await mkdtemp(join(tmpdir(), 'sweep-sizes-'));
  try {
    const file = join(sizes, packSizeFile(trialOf(1), name));
    const ask = (most: number) =>
      packSizes({ programs: programsKept(compile), backend: name, folder: sizes }).sizeFor(trialOf(2), {
        most,
        steps: 1,
        onTurn: () => {},
        signal: new AbortController().signal,
      });
    await writeFile(file, JSON.stringify({ size: 4, measured: [], complete: true }));
    assert.deepEqual([await ask(16), await ask(3)], [4, 3]);
    await writeFile(file, '{"size":');
    assert.equal(await ask(16), 1, 'one step is not worth a pack');
    assert.deepEqual(await readdir(sizes), [packSizeFile(trialOf(1), name)]);
    const { size, complete } = JSON.parse(await readFile(file, 'utf8')) as PackSize;
    assert.deepEqual([size, complete], [1, false]);
  } finally {
    await rm(sizes, { recursive: true, force: true });
  }
});

let folder: string;
let alone: TrainerPool;
let packed: TrainerPool;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-packs-'));
  const native = await findNative();
  const backend = JSON.stringify(native ? { kind: 'native', native, threads: 1 } : { kind: 'cpu', threads: 1 });
  const env = { ...(native && nativeEnvironment(native)), SWEEP_CHECKPOINT_SECONDS: '0' };
  const onWarning = (message: string) => assert.fail(message);
  alone = createTrainerPool({ backend, env, onWarning });
  packed = createTrainerPool({ backend, env, onWarning });
});
after(async () => {
  await alone.close();
  await packed.close();
  await rm(folder, { recursive: true, force: true });
});

const lanes = [
  trialOf(1),
  trialOf(2),
  trialOf(3, { maxSteps: 25 }),
  trialOf(4, { optimizer: 'sgd' }),
  trialOf(5, { learningRate: 0.1 }),
  trialOf(6, { stopWhen: { metric: 'loss', atMost: 100, evaluations: 2 } }),
  trialOf(7, {}, 5),
].map(laneOf);

function run(
  pool: TrainerPool,
  store: Store,
  given: Lane[],
  { toStep = 40, attemptNumber = 1, signal = new AbortController().signal, onProgress = (_: JobProgress) => {} } = {},
) {
  const job = { sweepId: 's', science: SCIENCE_VERSION, toStep, lanes: given, objective: 'loss' };
  return pool.run(
    { job, store: store.url, attempt: `a${attemptNumber}-${toStep}`, attemptNumber, worker: 'here' },
    { signal, onProgress },
  );
}
const files = (store: Store) =>
  Promise.all(
    lanes.flatMap(({ trialId: id }) =>
      ['result.json', 'metrics.csv', 'model.ckpt'].map(async (file) =>
        Buffer.from((await store.get(`s/trials/${id}/${file}`)) ?? assert.fail(`${id} has no ${file}`)).toString('hex'),
      ),
    ),
  );

let expected: { outcomes: unknown; files: string[] };
test('a job of several lanes leaves the same bytes as a job for each', { timeout: 120_000 }, async () => {
  const [one, all] = [openStore(join(folder, 'one')), openStore(join(folder, 'all'))];
  const single = [];
  for (const lane of lanes) single.push(...(await run(alone, one, [lane])));
  const outcomes = await run(packed, all, lanes);
  assert.deepEqual(outcomes, single);
  assert.deepEqual(
    outcomes.map(({ steps }) => steps),
    [40, 40, 25, 40, 40, 10, 40],
  );
  expected = { outcomes: outcomes.map((outcome) => ({ ...outcome, cached: true })), files: await files(all) };
  assert.deepEqual(expected.files, await files(one));
});

test('a trainer says how many to train side by side; measuring can be stopped', { timeout: 120_000 }, async () => {
  const store = openStore(join(folder, 'one'));
  const question = { sweepId: 's', example: trialOf(1), most: 4 };
  const ask = (steps: number, signal = new AbortController().signal, onTurn = () => {}) =>
    alone.packSize({ question: { ...question, steps }, store: store.url }, { signal, onTurn });
  assert.equal(await ask(10), 1);
  const controller = new AbortController();
  await assert.rejects(
    ask(1e9, controller.signal, () => controller.abort()),
    TrainerStopped,
  );
  let turns = 0;
  assert.ok(
    [1, 2, 4].includes(
      await ask(1e9, undefined, () => {
        turns++;
      }),
    ),
  );
  assert.ok(turns > 0);
  const plain = createTrainerPool({
    backend: JSON.stringify({ kind: 'cpu' }),
    env: {},
    onWarning: (message) => assert.fail(message),
  });
  try {
    const asked = { question: { ...question, steps: 1e9 }, store: store.url };
    await assert.rejects(plain.packSize(asked, { signal: AbortSignal.abort(), onTurn: () => {} }), TrainerStopped);
    assert.equal(
      await plain.packSize(asked, { signal: new AbortController().signal, onTurn: () => {} }),
      1,
      'lanes are for replayed steps',
    );
  } finally {
    await plain.close();
  }
});

test('in rungs as well, and what is finished is not trained again', { timeout: 120_000 }, async () => {
  const store = openStore(join(folder, 'rungs'));
  const rung = await run(packed, store, lanes, { toStep: 20 });
  assert.deepEqual(
    rung.map(({ status, steps }) => [status, steps]),
    lanes.map((_, i) => (i === 5 ? ['completed', 10] : ['paused', 20])),
  );
  await run(packed, store, lanes.slice(0, 2)); // two go on by themselves
  await run(packed, store, lanes);
  assert.deepEqual(await files(store), expected.files);
  const seen: number[] = [];
  assert.deepEqual(await run(packed, store, lanes, { onProgress: ({ step }) => seen.push(step) }), expected.outcomes);
  assert.deepEqual(seen, []);
});

test('a packed job that is stopped, or whose trainer is killed, loses nothing', { timeout: 120_000 }, async () => {
  const store = openStore(join(folder, 'stopped'));
  const controller = new AbortController();
  await assert.rejects(
    run(packed, store, lanes, {
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step >= 10) controller.abort();
      },
    }),
    TrainerStopped,
  );
  let killed = false;
  await assert.rejects(
    run(packed, store, lanes, {
      attemptNumber: 2,
      onProgress: ({ step }) => {
        if (killed || step < 20) return;
        killed = true;
        void packed.close();
      },
    }),
    /the trainer process ended/,
  );
  const before = await Promise.all(lanes.map(({ trialId: id }) => store.get(`s/trials/${id}/result.json`)));
  await run(packed, store, lanes, {
    attemptNumber: 3,
    onProgress: ({ trialId: id, step }) => {
      if (id === lanes[0]?.trialId) assert.ok(step >= 10, `it went on from a checkpoint, not from step ${step}`);
    },
  });
  assert.deepEqual(await files(store), expected.files);
  for (const [i, result] of before.entries())
    if (result) assert.deepEqual(await store.get(`s/trials/${lanes[i]?.trialId}/result.json`), result);
});

test('the size of a pack is measured as far as it pays, and never where there is little to train', async () => {
  await useBackend();
  const programs = programsKept(compile);
  let now = 0;
  const turns: number[] = [];
  /** One lane and two take turns, after a first one alone: a step of two lanes takes twice as long. */
  const clock = () => (now += turns.length === 0 || turns.length % 2 === 1 ? 12.5 : 25);
  const measure = (most: number, steps: number, each = clock) =>
    measurePackSize(trialOf(1), { programs, most, steps, clock: each, onTurn: () => turns.push(1) });
  const all = await measure(16, 1e6);
  assert.deepEqual([all.size, all.complete], [1, true], 'two lanes take four times two steps: no gain');
  assert.deepEqual(
    all.measured.map((one) => one.lanes),
    [1, 2],
  );
  assert.ok(turns.length > 2);
  turns.length = 0;
  const short = await measure(16, 3);
  assert.deepEqual(short, { size: 1, measured: [{ lanes: 1, millisecondsPerLane: 12.5 }], complete: false });
  assert.deepEqual([answers(short, { most: 16, steps: 700 }), answers(short, { most: 16, steps: 900 })], [true, false]);
  assert.deepEqual(
    [answers(all, { most: 16, steps: 1e9 }), answers({ ...all, complete: false }, { most: 3, steps: 1e9 })],
    [true, true],
  );
  assert.deepEqual(
    await measure(16, 1e6, () => (now += 125)),
    { size: 1, measured: [{ lanes: 1, millisecondsPerLane: 125 }], complete: true },
    'long steps compute',
  );
  await assert.rejects(
    measurePackSize(trialOf(1), { programs, most: 16, steps: 1e6, clock, signal: AbortSignal.abort() }),
    { name: 'AbortError' },
  );
});
