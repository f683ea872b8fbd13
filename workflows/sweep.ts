import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  rootCause,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { sweepInputProblem } from '../core/input.ts';
import { countTrials, countWithin, isAdaptive } from '../core/plan.ts';
import type { Progress } from '../core/progress.ts';
import type { SweepSpec } from '../core/spec.ts';
import { adaptive } from './adaptive.ts';
import { bookkeeping } from './activities.ts';
import {
  concurrencyUpdate,
  extendUpdate,
  pauseUpdate,
  resumeUpdate,
  retryUpdate,
  RUN_LIMITS,
  sweepProgressQuery,
  type SweepInput,
  type SweepProgress,
} from './messages.ts';
import type { TrialRunner } from './trial-runner.ts';
import { range } from './range.ts';
import { senderOf } from './sender.ts';
import { shards } from './shards.ts';
import { refuse, Steering } from './steering.ts';

/**
 * Whether the run folder of that name is another sweep's: then nothing is written there, not even that this one has
 * failed.
 */
const isForeign = (error: unknown) =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'OtherSweep';

/** How the trials of a sweep are run: one decision after the other, in shards, or all of them here. */
function runnerOf(input: SweepInput, slots: number, onProgress: () => void): TrialRunner {
  const { spec, carried, limits = RUN_LIMITS } = input;
  const setting = { ...input, slots, carried, onProgress };
  if (isAdaptive(spec)) return adaptive(setting);
  const to = countWithin(spec);
  if (to > limits.trials) return shards(setting);
  const run = range({ ...setting, from: 0, to, total: countTrials(spec), cached: carried?.progress.cached });
  return { ...run, shards: () => [], carry: () => ({ progress: run.progress(), next: 0, shards: [] }) };
}

/** Closes a sweep when its budget of time is spent, which the result says. */
function endInTime({ runner, startedAt }: Steering, seconds: number | undefined): () => boolean {
  let timeIsUp = false;
  if (seconds !== undefined) {
    const spent = Date.now() - Date.parse(startedAt);
    sleep(Math.max(1, seconds * 1000 - spent)).then(
      () => {
        timeIsUp = true;
        runner.close();
      },
      () => {},
    ); // cancelled
  }
  return () => timeIsUp;
}

/** Why trials are left untrained; `cut`: some that the budget of trials allows. */
function restOf(spec: SweepSpec, { completed, failed }: Progress, timeIsUp: boolean): { why?: string; cut: boolean } {
  const { wallClockSeconds, maxTrials } = spec.budget;
  const done = completed + failed;
  const untrained = countTrials(spec) - done;
  if (timeIsUp && done < countWithin(spec))
    return { why: `ended by its budget of ${wallClockSeconds} seconds, with ${untrained} trials untrained`, cut: true };
  if (maxTrials === undefined || untrained <= 0) return { cut: false };
  return { why: `ended by its budget of ${maxTrials} trials, with ${untrained} untrained`, cut: false };
}

/** A sweep: all trials of one spec, and then the report. What people set while it runs comes in as updates. */
export async function sweep(input: SweepInput): Promise<SweepProgress> {
  refuse(sweepInputProblem(input, senderOf()), 'Impossible');
  const { sweepId, spec, carried, fresh } = input;
  const steering = new Steering(input, runnerOf);
  const { runner } = steering;
  const open = { validator: () => steering.checkOpen() };
  setHandler(sweepProgressQuery, () => steering.answer());
  setHandler(pauseUpdate, () => steering.change({ paused: true }), open);
  setHandler(resumeUpdate, () => steering.change({ paused: false }), open);
  setHandler(concurrencyUpdate, (maxConcurrent) => steering.change({ maxConcurrent }), {
    validator: (jobs) => steering.checkConcurrency(jobs),
  });
  setHandler(extendUpdate, (next) => steering.extend(next), { validator: (next) => steering.checkExtension(next) });
  setHandler(retryUpdate, () => steering.retry(), { validator: () => steering.checkRetry() });

  steering.publish();
  const timeIsUp = endInTime(steering, spec.budget.wallClockSeconds);
  let end: Awaited<ReturnType<TrialRunner['drive']>>;
  try {
    if (!carried && !fresh && patched('admitted by its folder')) await bookkeeping.admit({ sweepId, spec });
    end = await runner.drive();
    if (end === 'continue') {
      await condition(allHandlersFinished);
      if (steering.beginsAgain()) await runner.drive(); // extended at this very moment: its shards end first, as at any other
    } else if (!steering.beginsAgain()) {
      const { why, cut } = restOf(spec, runner.progress(), timeIsUp());
      const ended = await steering.finish('completed', why, !cut);
      if (ended !== undefined) return ended;
    }
    await condition(allHandlersFinished); // rejects if it was cancelled while its jobs were held: then it does not begin again
  } catch (error) {
    if (isForeign(error)) throw error;
    await steering.recorded(); // reopening would take away the end that is written now
    await steering.finish(
      isCancellation(error) ? 'cancelled' : 'failed',
      isCancellation(error) ? undefined : (rootCause(error) ?? String(error)),
    );
    throw error;
  }
  return continueAsNew<typeof sweep>(steering.next(end === 'continue'));
}
