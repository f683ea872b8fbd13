/**
 * When a job that fails again and again is given up. Workers come and go, and laptops sleep: in days of training that
 * makes many attempts, of which only those count that get the job no further. What computing itself comes to, it comes
 * to again: an error of it that is the same at the same step is believed the second time. What is known of all that
 * goes with the heartbeats from one attempt to the next.
 */
import type { JobProgress, TrainJob } from '../core/results.ts';

/**
 * Attempts in a row that may be in vain: with Temporal's pauses between them a quarter of an hour, for a full disk to
 * be noticed.
 */
const MOST_IN_VAIN = 20;

/**
 * The furthest that a job has come, and in which attempt. Of several lanes one is trained to its end, and then another.
 */
export interface Furthest {
  trialId: string;
  step: number;
  attempt: number;
}

/** An error of what a trial computes, and where that was. */
export interface Failed {
  message: string;
  trialId: string;
  step: number;
}

/** What a job's heartbeats carry. `failed`: the last such error. */
export interface Heartbeat extends JobProgress {
  furthest?: Furthest;
  failed?: Failed;
}

/** Where a job is of which nothing has been heard. */
export function beginningOf({ lanes: [first], toStep }: TrainJob, worker: string): JobProgress {
  return { label: first?.label ?? '', trialId: first?.trialId ?? '', step: 0, toStep, metrics: {}, worker };
}

export function furthestOf(before: Furthest | undefined, { trialId, step }: JobProgress, attempt: number): Furthest {
  return before?.trialId === trialId && step <= before.step ? before : { trialId, step, attempt };
}

/** An attempt that ended for no fault of the job's does not count. */
export function excused(before: Furthest | undefined, attempt: number): Furthest {
  return { trialId: '', step: 0, ...before, attempt };
}

/** Why a job is given up that fails so; undefined: it may be chance. */
export function whyHopeless(before: Failed | undefined, { message, trialId, step }: Failed): string | undefined {
  const same = before?.message === message && before.trialId === trialId && before.step === step;
  return same ? `it came to the same again after step ${step}` : undefined;
}

/** Why a job is given up after so many attempts; undefined: it is not. */
export function whyGivenUp(furthest: Furthest | undefined, attempts: number): string | undefined {
  if (attempts - (furthest?.attempt ?? 0) < MOST_IN_VAIN) return undefined;
  return `${MOST_IN_VAIN} attempts in a row came no further than step ${furthest?.step ?? 0}`;
}
