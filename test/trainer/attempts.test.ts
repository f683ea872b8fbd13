/**
 * How often a job is tried: as long as its attempts get further, however many workers come and go; in vain only so
 * often.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { ApplicationFailure, asyncLocalStorage, Context, type Info } from '@temporalio/activity';
import type { Heartbeat } from '../../activities/attempts.ts';
import { ComputingFailed, OtherScience } from '../../trainer/failures.ts';
import { createTrainingActivities } from '../../activities/index.ts';
import type { TrainerPool } from '../../trainer/pool.ts';
import { OTHER_SCIENCE, type TrainJob } from '../../core/results.ts';
import { SCIENCE_VERSION } from '../../core/trial.ts';
import { readFailure } from '../../store/runs.ts';
import { memoryStore } from '../support/example-run.ts';
import { newLaboratory, rootOf } from '../support/laboratory.ts';
import { until } from '../support/machine.ts';

const job: TrainJob = { sweepId: 's', science: SCIENCE_VERSION, lanes: [], toStep: 1000, objective: 'loss' };
const ENOUGH = 100;

interface Attempt {
  /** The steps that are heard of, after a lane's id where there are several. */
  steps: (number | [trialId: string, step: number])[];
  /** How it ends; left out: with the worker, so that nobody hears of it. */
  error?: Error;
}

/** Lets Temporal try as long as it would, ENOUGH times at most; the number of the last attempt and what it died of. */
async function tried(
  attemptOf: (attempt: number) => Attempt,
  given = job,
): Promise<{ attempts: number; why: string | undefined; type?: string }> {
  let heartbeatDetails: Heartbeat | undefined;
  for (let attempt = 1; attempt <= ENOUGH; attempt++) {
    const { steps, error } = attemptOf(attempt);
    const trainers: Partial<TrainerPool> = {
      async run(_, { onProgress }) {
        for (const heard of steps) {
          const [trialId, step] = typeof heard === 'number' ? ['one', heard] : heard;
          onProgress({ label: '', trialId, step, toStep: 1000, metrics: {}, worker: '' });
        }
        if (error) throw error;
        return new Promise(() => {});
      },
    };
    const { train } = createTrainingActivities({
      store: memoryStore(),
      trainers: trainers as TrainerPool,
      worker: 'here',
    });
    const info = { attempt, activityId: '1', heartbeatDetails } as Info;
    const beat = (details: Heartbeat) => {
      heartbeatDetails = structuredClone(details);
    };
    const unused = undefined as never;
    const context = new Context(
      info,
      new Promise(() => {}),
      new AbortController().signal,
      beat,
      unused,
      unused,
      unused,
      unused,
    );
    const end = asyncLocalStorage.run(context, () => train(given)).catch((failure: unknown) => failure);
    const failure = await Promise.race([
      end,
      new Promise((resolve) => {
        setImmediate(resolve);
      }),
    ]);
    if (failure instanceof ApplicationFailure && failure.nonRetryable) {
      return { attempts: attempt, why: failure.message, ...(failure.type === OTHER_SCIENCE && { type: failure.type }) };
    }
  }
  return { attempts: ENOUGH, why: undefined };
}

test('a job that gets further each time is never given up, whatever its attempts die of', async () => {
  assert.deepEqual(await tried((attempt) => ({ steps: [10 * attempt, 10 * attempt + 15] })), {
    attempts: ENOUGH,
    why: undefined,
  });
  assert.deepEqual(await tried((attempt) => ({ steps: [attempt], error: new Error('no space left') })), {
    attempts: ENOUGH,
    why: undefined,
  });
});

test('one that fails at the same step each time is given up after twenty more, with the last error', async () => {
  const error = new Error('no space left');
  const { attempts, why } = await tried(() => ({ steps: [900, 990], error }));
  assert.deepEqual([attempts, why], [21, 'no space left; 20 attempts in a row came no further than step 990']);
  assert.deepEqual(await tried(() => ({ steps: [], error })), {
    attempts: 20,
    why: 'no space left; 20 attempts in a row came no further than step 0',
  });
});

test('one that ends its worker each time is given up too, also if it seldom gets as far as before', async () => {
  const { attempts, why } = await tried((attempt) => ({ steps: attempt % 2 === 0 ? [900] : [900, 990] }));
  assert.equal(attempts, 22);
  assert.match(why ?? '', /^the worker was gone, or its trainer stood still; 20 attempts in a row/);
});

test('the next lane of a job is further than the one before, at whatever step', async () => {
  const { attempts } = await tried((attempt) => ({ steps: attempt < 20 ? [['one', 990]] : [['two', 5]] }));
  assert.equal(attempts, 20 + 21);
});

test('an error of what a trial computes is believed when it comes again at the same step, whatever came between', async () => {
  const error = new ComputingFailed('no such shape');
  assert.deepEqual(await tried(() => ({ steps: [0, 30], error })), {
    attempts: 2,
    why: 'no such shape; it came to the same again after step 30',
  });
  assert.equal(
    (await tried((attempt) => (attempt === 2 ? { steps: [25] } : { steps: [30], error }))).attempts,
    3,
    'an attempt that was killed is no proof',
  );
  assert.equal((await tried(() => ({ steps: [], error }))).attempts, 2, 'before anything is heard of it');
});

test('one that is another each time, or elsewhere, is not', async () => {
  assert.equal(
    (await tried((attempt) => ({ steps: [30], error: new ComputingFailed(`address ${attempt}`) }))).attempts,
    21,
  );
  assert.equal(
    (await tried((attempt) => ({ steps: [attempt], error: new ComputingFailed('no such shape') }))).attempts,
    ENOUGH,
  );
  assert.equal(
    (
      await tried((attempt) => ({
        steps: [[attempt % 2 ? 'one' : 'two', 30]],
        error: new ComputingFailed('no such shape'),
      }))
    ).attempts,
    ENOUGH,
  );
});

test('a worker of another version of the science never ends a trial: a job of a later one waits, one of an earlier one is to be made anew', async () => {
  const error = new OtherScience('other science');
  assert.deepEqual(await tried(() => ({ steps: [], error }), { ...job, science: SCIENCE_VERSION + 1 }), {
    attempts: ENOUGH,
    why: undefined,
  });
  assert.deepEqual(await tried(() => ({ steps: [], error }), { ...job, science: SCIENCE_VERSION - 1 }), {
    attempts: 1,
    why: 'other science',
    type: OTHER_SCIENCE,
  });
});

test('the next attempt knows how far the one before came, through a real server', { timeout: 60_000 }, async () => {
  const lab = await newLaboratory({ slots: 1 });
  try {
    lab.flow(false);
    await lab.start('one', { repeats: 1, space: {} });
    /** What the attempt has said, once it has said something itself. */
    const said = async (wanted: number) => {
      const { raw } = await lab.target.client.workflow.getHandle(await rootOf(lab, 'one')).describe();
      const { attempt, heartbeatDetails, lastHeartbeatTime, lastStartedTime } = raw.pendingActivities?.[0] ?? {};
      const data = heartbeatDetails?.payloads?.[0]?.data;
      if (
        attempt !== wanted ||
        !data ||
        !lastHeartbeatTime ||
        !lastStartedTime ||
        tsToMs(lastHeartbeatTime) < tsToMs(lastStartedTime)
      )
        return undefined;
      return JSON.parse(Buffer.from(data).toString()) as Heartbeat;
    };
    await until(() => said(1));
    await lab.replaceWorker();
    assert.equal((await until(() => said(2))).furthest?.attempt, 1);
    lab.flow(true);
    assert.equal((await lab.ended('one')).completed, 1);
  } finally {
    await lab.stop();
  }
});

test(
  'a trial that cannot be computed is given up after its second attempt, through a real server',
  { timeout: 60_000 },
  async () => {
    const lab = await newLaboratory({ slots: 1 });
    try {
      lab.fails(({ index }) => index === 1, new ComputingFailed('no such shape'));
      await lab.start('hopeless');
      const { completed, failed, state } = await lab.ended('hopeless');
      assert.deepEqual([state, completed, failed], ['completed', 5, 1]);
      assert.equal(lab.begun.filter(({ lanes }) => lanes[0]?.index === 1).length, 2);
      const { trialId = '' } = lab.begun.flatMap(({ lanes }) => lanes).find(({ index }) => index === 1) ?? {};
      assert.equal(
        (await readFailure(lab.store, 'hopeless', trialId))?.message,
        'no such shape; it came to the same again after step 0',
      );
    } finally {
      await lab.stop();
    }
  },
);
