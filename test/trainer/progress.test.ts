/** What trainer processes say while they are at work, however long that takes: the heartbeat of their job. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTrainerPool, TrainerStopped, type TrainerPool } from '../../trainer/pool.ts';
import type { JobProgress } from '../../core/results.ts';
import type { SamplingSpec, TrialSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { openStore, type Store } from '../../store/index.ts';
import { readResult, writeCorpus } from '../../store/runs.ts';
import { trainersOf } from '../support/machine.ts';

let folder: string;
let store: Store;
let trainers: TrainerPool;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-progress-'));
  store = openStore(folder);
  trainers = createTrainerPool({
    backend: JSON.stringify({ kind: 'cpu', threads: 1 }),
    env: {},
    onWarning: (message) => assert.fail(message),
    stopGraceMs: 0,
  });
});
after(async () => {
  await trainers.close();
  await rm(folder, { recursive: true, force: true });
});

const model = { cell: 'rnn', hiddenUnits: 4, layers: 1 };
const training = {
  optimizer: 'sgd',
  learningRate: 0.1,
  batchSize: 4,
  maxSteps: 2,
  evaluateEvery: 1,
  evaluationSize: 32,
};

/** Trains, and stops as soon as it has heard what it waits for. */
async function hear(
  trial: TrialSpec,
  enough: (heard: JobProgress[]) => boolean,
  sampling?: SamplingSpec,
): Promise<void> {
  const lanes = [{ trialId: trialId(trial), index: 0, repeat: 0, trial, label: 'one' }];
  const job = {
    sweepId: 's',
    science: SCIENCE_VERSION,
    toStep: trial.training.maxSteps,
    lanes,
    objective: 'loss',
    ...(sampling && { sampling }),
  };
  const stop = new AbortController();
  const heard: JobProgress[] = [];
  await assert.rejects(
    trainers.run(
      { job, store: store.url, attempt: 'one', attemptNumber: 1, worker: 'here' },
      {
        signal: stop.signal,
        onProgress(progress) {
          heard.push(progress);
          if (enough(heard)) stop.abort();
        },
      },
    ),
    TrainerStopped,
    'it ended before enough was heard',
  );
}

test('a long evaluation is heard of again and again, at the step where it is', { timeout: 60_000 }, async () => {
  const trial = {
    task: { name: 'palindrome', length: 4, encoding: 'one-hot' },
    model,
    training: { ...training, evaluationSize: 1_000_000 },
    seed: 1,
  };
  await hear(trial, (heard) => heard.length === 4 && heard.every(({ step }) => step === 0));
});

test('a network that writes long texts is heard of as well, once it is trained', { timeout: 60_000 }, async () => {
  const book = 'The quick brown fox jumps over the lazy dog. '.repeat(20);
  const corpus = `sha256:${createHash('sha256').update(book).digest('hex')}`;
  await writeCorpus(store, 's', corpus, book);
  const trial = { task: { name: 'text', length: 10, corpus }, model, training, seed: 1 };
  const writing = (heard: JobProgress[]) => heard.filter(({ step }) => step === 2).length;
  await hear(trial, (heard) => writing(heard) === 5, {
    temperature: [1],
    length: [1_000_000],
    prompts: [],
    greedy: false,
  });
  assert.equal((await readResult(store, 's', trialId(trial)))?.status, 'completed');
});

test("^C at a terminal does not reach a trainer: TensorFlow does not bear a signal's handler", async () => {
  const before = trainersOf(process.pid);
  const pool = createTrainerPool({
    backend: JSON.stringify({ kind: 'cpu', threads: 1 }),
    env: {},
    onWarning: () => {},
    ready: 1,
  });
  try {
    const started = trainersOf(process.pid).filter((pid) => !before.includes(pid));
    assert.equal(started.length, 1);
    assert.equal(
      Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(started[0])]).toString()),
      started[0],
      'a process group of its own',
    );
  } finally {
    await pool.close();
  }
});
