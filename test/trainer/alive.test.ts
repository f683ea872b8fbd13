/**
 * A trainer that one operation keeps busy for long is told from one that is frozen; and an error of what it computes
 * from one of the machine.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { computingWatch, secondsIn } from '../../trainer/computing.ts';
import { causeOf, ComputingFailed, ofComputing, OtherScience } from '../../trainer/failures.ts';
import { createTrainerPool, TrainerStopped } from '../../trainer/pool.ts';
import { UserError } from '../../core/errors.ts';
import type { JobProgress } from '../../core/results.ts';
import type { TrialSpec } from '../../core/spec.ts';
import { SCIENCE_VERSION, trialId } from '../../core/trial.ts';
import { openStore } from '../../store/index.ts';
import { trainersOf, until } from '../support/machine.ts';

const BEAT_MS = 50;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-alive-'));
});
after(() => rm(folder, { recursive: true }));

const program = (code: string) => spawn(process.execPath, ['-e', code], { stdio: 'ignore' });

test(
  'a process that computes is told from one that is frozen, that waits, and that has ended',
  { timeout: 60_000 },
  async () => {
    const [busy, waiting] = [program('for (;;);'), program('setInterval(() => {}, 1e6)')];
    try {
      const [busyNow, waitingNow] = [computingWatch(busy.pid ?? 0), computingWatch(waiting.pid ?? 0)];
      await until(busyNow);
      const rests = async (computes: () => Promise<boolean>) =>
        until(async () => {
          await sleep(100);
          return !(await computes());
        });
      await rests(waitingNow);
      busy.kill('SIGSTOP');
      await rests(busyNow);
      for (let i = 0; i < 5; i++) {
        await sleep(20);
        assert.equal(await busyNow(), false, 'nothing is computed while it is frozen');
      }
      busy.kill('SIGCONT');
      await until(busyNow);
      busy.kill('SIGKILL');
      await rests(busyNow);
    } finally {
      for (const child of [busy, waiting]) child.kill('SIGKILL');
    }
  },
);

test('times as ps prints them', () => {
  assert.deepEqual(['0:01.25', '00:00:07', '02:03:04', '1-02:03:04', '?'].map(secondsIn), [1.25, 7, 7384, 93784, 0]);
});

const trialOf = (length: number, hiddenUnits: number): TrialSpec => ({
  task: { name: 'palindrome', length },
  model: { cell: 'lstm', hiddenUnits, layers: 1 },
  seed: 1,
  training: { optimizer: 'sgd', learningRate: 0.1, batchSize: 64, maxSteps: 2, evaluateEvery: 1, evaluationSize: 64 },
});
const requestOf = (trial: TrialSpec, runs = folder) => ({
  job: {
    sweepId: 's',
    science: SCIENCE_VERSION,
    toStep: 2,
    lanes: [{ trialId: trialId(trial), index: 0, repeat: 0, trial, label: 'one' }],
    objective: 'loss',
  },
  store: openStore(runs).url,
  attempt: 'one',
  attemptNumber: 1,
  worker: 'here',
});
const poolOf = (env: Record<string, string> = {}) =>
  createTrainerPool({
    backend: JSON.stringify({ kind: 'cpu', threads: 1 }),
    env,
    onWarning: (message) => assert.fail(message),
    beatMs: BEAT_MS,
    stopGraceMs: 0,
  });

test(
  'a trainer whose operations take longer than the beat is alive all the while, until it is frozen',
  { timeout: 120_000 },
  async () => {
    const pool = poolOf();
    try {
      const stop = new AbortController();
      let alive = 0;
      const heard: JobProgress[] = [];
      const run = pool.run(requestOf(trialOf(2000, 32)), {
        signal: stop.signal,
        onProgress: (progress) => heard.push(progress),
        onAlive: () => alive++,
      });
      await until(() => heard.length > 0);
      const [silent, before] = [heard.length, alive];
      await until(() => alive >= before + 3);
      assert.equal(heard.length, silent, 'it is in the middle of an operation');
      const [trainer = 0] = trainersOf(process.pid);
      process.kill(trainer, 'SIGSTOP');
      await until(async () => {
        const last = alive;
        await sleep(10 * BEAT_MS);
        return alive === last;
      });
      stop.abort();
      await assert.rejects(run, TrainerStopped);
    } finally {
      await pool.close();
    }
  },
);

test('an error of what a trial computes is told from one of the machine', { timeout: 60_000 }, async () => {
  // A fault that is injected: what the schemas let through computes.
  const fault = join(folder, 'fault.cjs');
  await writeFile(
    fault,
    `const engine = require(${JSON.stringify(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core'))}).engine();
    const runKernel = engine.runKernel.bind(engine);
    engine.runKernel = (name, ...rest) => { if (name === 'BatchMatMul') throw new Error('no such shape'); return runKernel(name, ...rest); };`,
  );
  const broken = poolOf({ NODE_OPTIONS: `--require ${JSON.stringify(fault)}` });
  const pool = poolOf();
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  try {
    await assert.rejects(
      broken.run(requestOf(trialOf(4, 2)), options),
      (error) => error instanceof ComputingFailed && /no such shape/.test(error.message),
    );
    const file = join(folder, 'file');
    await writeFile(file, '');
    const error: unknown = await pool.run(requestOf(trialOf(4, 2), file), options).catch((reason: unknown) => reason);
    assert.ok(error instanceof Error && !(error instanceof ComputingFailed), String(error));
    await assert.rejects(
      pool.run(
        { ...requestOf(trialOf(4, 2)), job: { ...requestOf(trialOf(4, 2)).job, science: SCIENCE_VERSION - 1 } },
        options,
      ),
      OtherScience,
    );
  } finally {
    await Promise.all([broken.close(), pool.close()]);
  }
});

test('too little memory or disk is of the machine, though it was met while computing', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { syscall: 'write' });
  const errors = [
    new Error('shapes do not match'),
    full,
    new RangeError('Array buffer allocation failed'),
    new Error('OOM when allocating tensor'),
    new UserError('no such cell'),
  ];
  assert.deepEqual(
    errors.map((error) => causeOf(ofComputing(error))),
    ['computing', 'machine', 'machine', 'machine', 'impossible'],
  );
});
