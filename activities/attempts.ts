/**
 * When a job that fails again and again is given up. Workers come and go, and laptops sleep: in days of training that makes many
 * attempts, of which only those count that get the job no further. What is known of them goes with the heartbeats from one to the next.
 */
import type { JobProgress } from '../core/results.ts';

/** Attempts in a row that may be in vain: with Temporal's pauses between them a quarter of an hour, for a full disk to be noticed. */
const MOST_IN_VAIN = 20;

/** The furthest that a job has come, and in which attempt. Of several lanes one is trained to its end, and then another. */
export interface Furthest { trialId: string; step: number; attempt: number }

/** What a job's heartbeats carry. */
export interface Heartbeat extends JobProgress { furthest: Furthest }

export function furthestOf(before: Furthest | undefined, { trialId, step }: JobProgress, attempt: number): Furthest {
  return before?.trialId === trialId && step <= before.step ? before : { trialId, step, attempt };
}

/** Why a job is given up after so many attempts; undefined: it is not. */
export function whyGivenUp(furthest: Furthest | undefined, attempts: number): string | undefined {
  if (attempts - (furthest?.attempt ?? 0) < MOST_IN_VAIN) return undefined;
  return `${MOST_IN_VAIN} attempts in a row came no further than step ${furthest?.step ?? 0}`;
}
