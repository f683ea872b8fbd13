import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  rootCause,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { concurrencyProblem, retryProblem } from '../core/control.ts';
import { extensionProblem } from '../core/extend.ts';
import { formProblem } from '../core/form/check.ts';
import { sweepInputProblem } from '../core/input.ts';
import { countTrials, countWithin, isAdaptive } from '../core/plan.ts';
import { summaryOf } from '../core/progress.ts';
import { adaptive } from './adaptive.ts';
import { bookkeeping } from './activities.ts';
import {
  concurrencyUpdate,
  extendUpdate,
  MOST_IN_FLIGHT,
  pauseUpdate,
  resumeUpdate,
  retryUpdate,
  RUN_LIMITS,
  sweepProgressQuery,
  WINDOW,
  type SweepInput,
  type SweepProgress,
} from './messages.ts';
import type { Part } from './part.ts';
import { range } from './range.ts';
import { senderOf } from './sender.ts';
import { shards } from './shards.ts';

const SweepStatus = defineSearchAttributeKey('SweepStatus', 'KEYWORD');
const SweepBest = defineSearchAttributeKey('SweepBest', 'DOUBLE');

/** Why a sweep is not to be changed now, as an error that the client knows. */
const refuse = (problem: string | undefined, type = 'Refused') => {
  if (problem !== undefined) throw ApplicationFailure.nonRetryable(problem, type);
};

/**
 * Whether the run folder of that name is another sweep's: then nothing is written there, not even that this one has
 * failed.
 */
const isForeign = (error: unknown) =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'OtherSweep';

/** A sweep: all trials of one spec, and then the report. What people set while it runs comes in as updates. */
export async function sweep(input: SweepInput): Promise<SweepProgress> {
  refuse(sweepInputProblem(input, senderOf()), 'Impossible');
  const { sweepId, spec, searchAttributes, carried, fresh, limits = RUN_LIMITS } = input;
  const { metric } = spec.objective;
  const startedAt = carried?.startedAt ?? new Date().toISOString();
  let { control } = input;
  /** What the next run is to begin with, once somebody has extended the sweep or retries what failed. */
  let again: SweepInput | undefined;
  let timeIsUp = false;
  let isEnding = false;

  const most = isAdaptive(spec) && patched('most in flight') ? MOST_IN_FLIGHT : Infinity; // shards keep to theirs by themselves
  const slots = () =>
    control.paused
      ? 0
      : Math.min(most, control.maxConcurrent ?? spec.budget.maxConcurrent ?? (isAdaptive(spec) ? input.ahead : WINDOW));
  const part = partOf();
  const progress = (): SweepProgress => ({ ...part.progress(), ...control, shards: part.shards() });
  const state = () => (control.paused ? 'paused' : 'running');

  function partOf(): Part {
    const setting = { ...input, slots: slots(), carried, onProgress: () => show(state()) };
    if (isAdaptive(spec)) return adaptive(setting);
    if (countWithin(spec) > limits.trials) return shards(setting);
    const run = range({
      ...setting,
      from: 0,
      to: countWithin(spec),
      total: countTrials(spec),
      cached: carried?.progress.cached,
    });
    return { ...run, shards: () => [], carry: () => ({ progress: run.progress(), next: 0, shards: [] }) };
  }

  function show(status: string): void {
    const { best } = part.progress();
    const limit = control.maxConcurrent === undefined ? '' : ` · at most ${control.maxConcurrent} at a time`;
    const top = best ? `\n\nBest trial: ${metric} **${best.objective}** (${best.label}, \`${best.trialId}\`)` : '';
    setCurrentDetails(`**${status}** · ${summaryOf(part.progress())}${limit}${top}`);
  }
  function publish(status: string): void {
    show(status);
    const { best } = part.progress();
    if (searchAttributes)
      upsertSearchAttributes([
        { key: SweepStatus, value: status },
        ...(best ? [{ key: SweepBest, value: best.objective }] : []),
      ]);
  }

  // Changes are written to the run folder one after the other, each as things are when its turn comes.
  let recording: Promise<void> = Promise.resolve();
  async function change(next: Partial<SweepInput['control']>): Promise<{ changed: boolean }> {
    const changed = Object.entries(next).some(([key, value]) => control[key as keyof typeof control] !== value);
    control = { ...control, ...next };
    part.setSlots(slots());
    publish(state());
    recording = recording.then(() => bookkeeping.recordControl({ sweepId, control }));
    await recording;
    return { changed };
  }
  async function restart(next: SweepInput): Promise<{ changed: boolean }> {
    again = next;
    recording = recording.then(() =>
      CancellationScope.nonCancellable(() => bookkeeping.reopen({ sweepId, spec: next.spec })),
    );
    await recording;
    part.close();
    return { changed: true };
  }
  const begun = (): SweepInput => {
    const { carried: _, ...rest } = again ?? input;
    return { ...rest, control, fresh: true };
  };
  const mustRun = () => refuse(isEnding ? `${sweepId} is just ending` : undefined, 'Ending');
  const open = { validator: mustRun };
  setHandler(sweepProgressQuery, () => ({ ...progress(), ...(isEnding && { ending: true }) }));
  setHandler(pauseUpdate, () => change({ paused: true }), open);
  setHandler(resumeUpdate, () => change({ paused: false }), open);
  setHandler(concurrencyUpdate, (maxConcurrent) => change({ maxConcurrent }), {
    validator(jobs) {
      mustRun();
      refuse(concurrencyProblem(jobs));
    },
  });
  setHandler(extendUpdate, (next) => restart({ ...begun(), spec: next }), {
    validator(next) {
      mustRun();
      refuse(formProblem(next) ?? extensionProblem(begun().spec, next));
    },
  });
  setHandler(retryUpdate, () => restart(begun()), {
    validator() {
      mustRun();
      if (part.shards().length === 0) refuse(retryProblem(part.progress())); // what failed in a shard is its own to know
    },
  });

  /** Writes the end down; undefined if results are lost, and have to be trained again first. */
  const finish = (status: 'completed' | 'cancelled' | 'failed', message?: string, whole = false) =>
    CancellationScope.nonCancellable(async () => {
      isEnding = true;
      const { total, completed, diverged, failed, stopped } = part.progress();
      const outcome = {
        state: status,
        total,
        completed,
        diverged,
        failed,
        ...(stopped > 0 && { stopped }),
        at: new Date().toISOString(),
        ...(message && { message }),
      };
      const { lost } = await bookkeeping.finish({ sweepId, outcome, whole });
      if (lost > 0) return undefined;
      publish(status);
      await condition(allHandlersFinished);
      return progress();
    });

  publish(state());
  const { wallClockSeconds, maxTrials } = spec.budget;
  if (wallClockSeconds !== undefined) {
    const spent = Date.now() - Date.parse(startedAt);
    sleep(Math.max(1, wallClockSeconds * 1000 - spent)).then(
      () => {
        timeIsUp = true;
        part.close();
      },
      () => {},
    ); // cancelled
  }
  /** Why trials are left untrained; `cut`: some that the budget of trials allows. */
  function rest(): { why?: string; cut: boolean } {
    const done = part.progress().completed + part.progress().failed;
    const untrained = countTrials(spec) - done;
    if (timeIsUp && done < countWithin(spec))
      return {
        why: `ended by its budget of ${wallClockSeconds} seconds, with ${untrained} trials untrained`,
        cut: true,
      };
    return {
      ...(maxTrials !== undefined &&
        untrained > 0 && { why: `ended by its budget of ${maxTrials} trials, with ${untrained} untrained` }),
      cut: false,
    };
  }
  let end: Awaited<ReturnType<Part['drive']>>;
  try {
    if (!carried && !fresh && patched('admitted by its folder')) await bookkeeping.admit({ sweepId, spec });
    end = await part.drive();
    if (end === 'continue') {
      await condition(allHandlersFinished);
      if (again !== undefined) await part.drive(); // extended at this very moment: its shards end first, as at any other
    } else if (again === undefined) {
      const { why, cut } = rest();
      const ended = await finish('completed', why, !cut);
      if (ended !== undefined) return ended;
    }
    await condition(allHandlersFinished); // rejects if it was cancelled while its jobs were held: then it does not begin again
  } catch (error) {
    if (isForeign(error)) throw error;
    await CancellationScope.nonCancellable(() => recording.catch(() => {})); // reopening would take away the end that is written now
    await finish(
      isCancellation(error) ? 'cancelled' : 'failed',
      isCancellation(error) ? undefined : (rootCause(error) ?? String(error)),
    );
    throw error;
  }
  return continueAsNew<typeof sweep>(
    again === undefined && end === 'continue'
      ? { ...input, control, carried: { ...part.carry(), startedAt } }
      : begun(),
  );
}
