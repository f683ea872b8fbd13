/** What a worker and its trainer processes say to each other. */
import type { JobProgress, LaneOutcome, TrainJob } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import type { Loaded } from './code-guard.ts';

/** How many trials of the example's program are best trained side by side? */
export interface PackQuestion {
  sweepId: string;
  example: TrialSpec;
  /** So many at most. */
  most: number;
  /** So many steps there are to train, all trials of the program together. */
  steps: number;
}

export interface TrainRequest {
  type: 'train';
  job: TrainJob;
  store: string;
  attempt: string;
  attemptNumber: number;
  worker: string;
}
export interface PackSizeRequest {
  type: 'packSize';
  question: PackQuestion;
  store: string;
}
/** A trainer does one of them at a time. */
export type TrainerRequest = TrainRequest | PackSizeRequest;
/** Save a checkpoint of what is being trained, then answer 'stopped'. */
export interface StopRequest {
  type: 'stop';
}
export type ToTrainer = TrainerRequest | StopRequest;

export type FromTrainer = Loaded | Meanwhile | Answer;

/** While it is at it. `alive`: measuring goes on. */
export type Meanwhile =
  | { type: 'progress'; progress: JobProgress }
  | { type: 'alive' }
  | { type: 'warning'; message: string }
  | { type: 'debug'; line: string };

/** The last message to each request. */
export type Answer =
  | { type: 'packSize'; lanes: number }
  | { type: 'done'; outcomes: LaneOutcome[] }
  | { type: 'stopped' }
  | { type: 'failed'; message: string; stack?: string; cause: FailureCause };

/**
 * `impossible`: what is asked for cannot be. `computing`: the trial itself, which comes to the same again. `science`:
 * the job is of another version of it. `machine`: what may pass: a full disk, too little memory.
 */
export type FailureCause = 'impossible' | 'computing' | 'science' | 'machine';
