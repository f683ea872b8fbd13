/** Inputs, queries and limits of the workflows; imported by their clients too. */
import { defineQuery } from '@temporalio/workflow';
import type { Progress } from '../core/progress.ts';
import type { SweepSpec } from '../core/spec.ts';

export interface SweepInput {
  sweepId: string;
  spec: SweepSpec;
  science: number;
  /** The queue that training jobs go to. */
  trainQueue: string;
  /** Whether this Temporal server knows our search attributes. */
  searchAttributes: boolean;
  /** Carried by continue-as-new: when the first run began; the trials before `next` are behind us, and `progress` came of them. */
  startedAt?: string;
  next?: number;
  progress?: Progress;
}

export interface ShardInput { sweepId: string; spec: SweepSpec; science: number; trainQueue: string; from: number; to: number }

/** Trials a workflow run handles itself: at 6 to 9 events each it stays below the 4,096 at which continue-as-new is suggested. */
export const TRIALS_PER_RUN = 400;

/** Jobs queued at a time; more would only make the history's pending list long. */
export const WINDOW = 64;

/** How far this workflow's own trials are. */
export const progressQuery = defineQuery<Progress>('progress');
