/** The lane book keeps what any trainer hands over: bytes that it does not understand, and what was seen on the way. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { LaneOutcome, Resumable } from '../../core/results.ts';
import type { TrialSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../store/checkpoint.ts';
import { openStore, type Store } from '../../store/index.ts';
import { adoptTrial, readCurve, readModel, readResult } from '../../store/runs.ts';
import { networkOf, stateOf } from '../../trainer/network/checkpoint.ts';
import type { LaneEvent, Trainer } from '../../trainer/types.ts';

process.env['SWEEP_CHECKPOINT_SECONDS'] = '0'; // read when the file is loaded
const { trainJob } = await import('../../trainer/train-job.ts');

const trial: TrialSpec = {
  task: { name: 'palindrome', length: 5 },
  model: { cell: 'rnn', hiddenUnits: 1, layers: 1 },
  training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 1, maxSteps: 40, evaluateEvery: 10, evaluationSize: 1 },
  seed: 1,
};
const id = trialId(trial);
const origin = { backend: 'counter', replayed: false };

/** Counts to the job's step; what it goes on from is the count, in the unit that it was begun with. */
interface Counter {
  /** Where it was begun each time. */
  begun: (Resumable | undefined)[];
  trainer: Trainer;
}
function counter(events: (from: number, toStep: number) => Iterable<LaneEvent>): Counter {
  const begun: Counter['begun'] = [];
  const trainer: Trainer = {
    origin: () => origin,
    async train([lane], { toStep }) {
      begun.push(lane?.resume);
      return (async function* () {
        yield* events(lane?.resume?.state.bytes[0] ?? 0, toStep);
      })();
    },
  };
  return { begun, trainer };
}
const metricsAt = (step: number) => ({ loss: 1 / step });
const stateAt = (step: number) => ({ about: { unit: 'steps' }, bytes: Uint8Array.of(step) });
const report = (step: number): LaneEvent => ({ lane: 0, report: { step, metrics: metricsAt(step) } });
const savable = (step: number): LaneEvent => ({ lane: 0, savable: { step, state: async () => stateAt(step) } });
const stepsOf = (one: { curve: readonly { step: number }[] } | undefined) => one?.curve.map(({ step }) => step);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-lane-book-'));
});
after(() => rm(folder, { recursive: true }));

async function train(store: Store, trainer: Trainer, toStep: number, sweepId = 's'): Promise<LaneOutcome | undefined> {
  const lanes = [{ trialId: id, index: 0, repeat: 0, trial, label: 'one' }];
  const job = { sweepId, science: SCIENCE_VERSION, toStep, lanes, objective: 'loss', adopt: true };
  const answer = await trainJob(
    { type: 'train', job, store: store.url, attempt: `to-${toStep}`, attemptNumber: 1, worker: 'here' },
    { trainerOf: async () => trainer, send() {}, signal: new AbortController().signal },
  );
  return answer.type === 'done' ? answer.outcomes[0] : undefined;
}

test('bytes come back to the trainer that gave them: after a stop, at a rung, and with the result', async () => {
  const store = openStore(join(folder, 'bytes'));
  const { begun, trainer } = counter(function* (from, toStep) {
    for (let step = from + 10; step <= toStep; step += 10) yield report(step);
    const steps = begun.length === 1 ? 10 : toStep; // the first time it is stopped on the way
    const status = steps === 40 ? 'completed' : 'paused';
    const saved = { step: steps, state: stateAt(steps) };
    yield { lane: 0, end: { status, steps, metrics: metricsAt(steps), saved } };
  });
  assert.equal(await train(store, trainer, 20), undefined, 'stopped');
  const rung = await train(store, trainer, 20);
  assert.deepEqual([rung?.status, rung?.steps, rung?.objective], ['paused', 20, 1 / 20]);
  assert.deepEqual(await train(store, trainer, 20), { ...rung, cached: true });
  assert.equal((await train(store, trainer, 40))?.status, 'completed');
  assert.deepEqual(
    begun.map((resume) => resume && [resume.step, stepsOf(resume), resume.state.about, [...resume.state.bytes]]),
    [undefined, [10, [10], { unit: 'steps' }, [10]], [20, [10, 20], { unit: 'steps' }, [20]]],
  );
  const model = await readModel(store, 's', id);
  assert.deepEqual([stepsOf(model), model?.state?.bytes[0]], [[10, 20, 30, 40], 40]);
  assert.deepEqual(await readCurve(store, 's', id), model?.curve);
});

test('a step that is saved after later ones were seen comes back with what was seen up to it', async () => {
  const store = openStore(join(folder, 'late'));
  const { begun, trainer } = counter(function* (from) {
    yield* [report(from + 1), report(from + 2), savable(from + 1)];
    throw new Error('killed');
  });
  for (const _ of [1, 2]) await assert.rejects(train(store, trainer, 40), /killed/);
  assert.deepEqual(begun.map(stepsOf), [undefined, [1]]);
  await assert.rejects(train(store, trainer, 40), /killed/);
  assert.deepEqual(stepsOf(begun[2]), [1, 2], 'what it saw itself goes on where the other was cut');
});

test('a trainer that saves nothing begins anew after a rung or a stop, and its results are whole and adopted', async () => {
  const store = openStore(join(folder, 'nothing'));
  const { begun, trainer } = counter(function* (from, toStep) {
    for (let step = from + 10; step <= toStep; step += 10) yield report(step);
    const steps = begun.length === 1 ? 30 : toStep;
    yield { lane: 0, end: { status: steps === 40 ? 'completed' : 'paused', steps, metrics: metricsAt(steps) } };
  });
  assert.equal(await train(store, trainer, 40), undefined, 'stopped');
  assert.equal((await train(store, trainer, 20))?.status, 'paused');
  assert.equal((await train(store, trainer, 40))?.status, 'completed');
  assert.deepEqual(begun, [undefined, undefined, undefined]);
  const result = await readResult(store, 's', id);
  assert.deepEqual(result, {
    ...{ trialId: id, trial, science: SCIENCE_VERSION, status: 'completed', steps: 40, metrics: metricsAt(40) },
    ...origin,
  });
  await store.put('s/sweep.json', '{}');
  assert.equal((await train(store, trainer, 40, 'other'))?.cached, true);
  assert.deepEqual(await store.list(`other/trials/${id}`), await store.list(`s/trials/${id}`));
  assert.equal(await adoptTrial(store, 'third', id, { ...origin, backend: 'wasm 4.22.0' }), undefined);
});

test('a network has the bytes that the first version gave it', () => {
  const tensors = {
    'weights/b': { shape: [2, 3], values: Float32Array.from([1, 2, 3, 4, 5, -0.1]) },
    'optimizer/a': { shape: [], values: Float32Array.of(7) },
  };
  const seen = {
    step: 30,
    curve: [0, 30].map((step) => ({ step, metrics: { loss: step === 0 ? 1.5 : 0.25 } })),
    observations: [{ step: 0, kind: 'samples' as const, data: { texts: ['a'] } }],
  };
  const bytes = encodeCheckpoint({ ...seen, state: stateOf(tensors) }, { backend: 'wasm 4.22.0', replayed: false });
  assert.equal(
    createHash('sha256').update(bytes).digest('hex'),
    '9db071c46c3195e2ad010fb828cb7df2e237d3275f455d9f6a6a6d70717759be',
  );
  assert.deepEqual(networkOf(decodeCheckpoint(bytes).checkpoint), { ...seen, tensors });
});
