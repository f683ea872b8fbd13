/** What a worker and its trainer processes say to each other. */
import type { JobProgress, LaneOutcome, TrainJob } from '../core/results.ts';

/** The first message to a trainer, and the only one that it must have before it can work. */
export interface TrainRequest { type: 'train'; job: TrainJob; store: string; attempt: string; attemptNumber: number; worker: string }
/** Save a checkpoint of what is being trained, then answer 'stopped'. */
export interface StopRequest { type: 'stop' }
export type ToTrainer = TrainRequest | StopRequest;

export type FromTrainer =
  | { type: 'progress'; progress: JobProgress }
  | { type: 'warning'; message: string }
  | { type: 'debug'; line: string }
  | { type: 'done'; outcomes: LaneOutcome[] }
  | { type: 'stopped' }
  | { type: 'failed'; message: string; stack?: string; retryable: boolean };
