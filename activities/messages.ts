/** What a worker and its trainer processes say to each other. */
import type { JobProgress, LaneOutcome, TrainJob } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';

/** How many trials of the example's program are best trained side by side? */
export interface PackQuestion {
  sweepId: string;
  example: TrialSpec;
  /** So many at most. */
  most: number;
  /** So many steps there are to train, all trials of the program together. */
  steps: number;
}

export interface TrainRequest { type: 'train'; job: TrainJob; store: string; attempt: string; attemptNumber: number; worker: string }
export interface PackSizeRequest { type: 'packSize'; question: PackQuestion; store: string }
/** A trainer does one of them at a time. */
export type TrainerRequest = TrainRequest | PackSizeRequest;
/** Save a checkpoint of what is being trained, then answer 'stopped'. */
export interface StopRequest { type: 'stop' }
export type ToTrainer = TrainerRequest | StopRequest;

export type FromTrainer = Meanwhile | Answer;

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
  | { type: 'failed'; message: string; stack?: string; retryable: boolean };
