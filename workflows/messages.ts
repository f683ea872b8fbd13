/** Inputs, queries, updates, signals and limits of the workflows; imported by their clients too. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AdaptiveState } from '../core/adaptive.ts';
import type { Control } from '../core/control.ts';
import type { Progress } from '../core/progress.ts';
import type { Origin } from '../core/results.ts';
import type { ShardPlace } from '../core/shards.ts';
import type { SweepSpec } from '../core/spec.ts';

/** What every job of a sweep is made with. */
export interface JobSetting {
  sweepId: string;
  spec: SweepSpec;
  /** Of whoever started it. */
  science: number;
  /** The queue that training jobs go to. */
  trainQueue: string;
  /** What trains its trials, of whose results alone it takes others'; left out: what their worker has. */
  origin?: Origin;
  /** Whether results of other sweeps of the runs folder are taken. */
  cache: boolean;
  /** Jobs that should be there at least, so that no slot of the workers waits for one: about twice the slots. */
  ahead: number;
  /**
   * Trials that a job may carry at most, if one program serves them; 'measured': the trainers say, for each program;
   * left out: one.
   */
  lanes?: number | 'measured';
  /** How much a workflow run takes on; left out: `RUN_LIMITS`. */
  limits?: RunLimits;
}

/**
 * `trials`: those that a run handles itself; more are run in shards. `events`: a history that is longer continues as
 * new.
 */
export interface RunLimits {
  trials: number;
  events: number;
}

/**
 * Continue-as-new is suggested at 4,096 events; a job still adds up to four on its way out. At 6 to 9 events each, the
 * trials of a run stay below.
 */
export const RUN_LIMITS: RunLimits = { trials: 400, events: 3600 };

export interface SweepInput extends JobSetting {
  /** Whether this Temporal server knows our search attributes. */
  searchAttributes: boolean;
  control: Control;
  /** From the run before, by continue-as-new; left out: the sweep begins. */
  carried?: Carried;
  /** What was decided before is void: the spec is another one, failed trials are tried again, or results were lost. */
  fresh?: true;
}

/** What a run of the sweep's workflow leaves to the next. The store has the rest. */
export interface Carried {
  startedAt: string;
  /** Of the trials that are behind us; of a small sweep only `cached` counts, its trials are looked up again. */
  progress: Progress;
  /** A large sweep: where the next shard begins, and those that run. */
  next: number;
  shards: ShardPlace[];
  adaptive?: AdaptiveState;
}

export interface ShardInput extends JobSetting {
  /** The sweep's workflow, which is told how it goes. */
  root: string;
  /**
   * Its first run: after it was terminated, another may have taken its place. Left out: a shard from before this was
   * kept.
   */
  rootRun?: string;
  from: number;
  to: number;
  slots: number;
  /**
   * From the run before: how many of its trials were cached. Left out: the shard begins, and failed trials are tried
   * again.
   */
  cached?: number;
}

/**
 * Jobs in training and queued at a time, unless somebody says otherwise; more would only make the history's pending
 * list long.
 */
export const WINDOW = 64;

/**
 * Jobs of an adaptive sweep at a time, whatever people say: a run begins with an event for each, keeps room for four
 * more on its way out, and with 720 of them its history is long as soon as the first one ends. And it begins them all
 * in one go, for which a busy machine must not take five seconds: then the workflow's thread is taken for stuck.
 */
export const MOST_IN_FLIGHT = 100;

/**
 * A workflow's own trials, and for the sweep's own: what people have set, the workflows that run the others, whether
 * only the report is left to do.
 */
export interface SweepProgress extends Progress {
  paused: boolean;
  maxConcurrent?: number;
  shards: string[];
  ending?: true;
}
export const progressQuery = defineQuery<Progress>('progress');
export const sweepProgressQuery = defineQuery<SweepProgress>('progress');

/** Whether it was not so before. */
export interface UpdateResult {
  changed: boolean;
}
export const pauseUpdate = defineUpdate<UpdateResult>('pause');
export const resumeUpdate = defineUpdate<UpdateResult>('resume');
export const concurrencyUpdate = defineUpdate<UpdateResult, [jobs: number]>('concurrency');
/** To a spec that has all trials of the old one, and more. */
export const extendUpdate = defineUpdate<UpdateResult, [spec: SweepSpec]>('extend');
/** Tries the failed trials again. */
export const retryUpdate = defineUpdate<UpdateResult>('retry');

/** From the sweep to a shard: so many jobs at a time; 0: hold. */
export const slotsSignal = defineSignal<[slots: number]>('slots');
/** From the sweep to a shard: let the jobs save a checkpoint, and end. */
export const closeSignal = defineSignal('close');

/** The shard's own workflow, and the sweep's that it belongs to. */
export interface ShardSender {
  id: string;
  rootRun: string;
}
/** From a shard to the sweep. `left`: all is begun, and so many jobs are not done. `ended`: what came of its trials. */
export interface ShardNews {
  from: number;
  sender?: ShardSender;
  left?: number;
  ended?: Progress;
  error?: string;
}
export const shardSignal = defineSignal<[news: ShardNews]>('shard');
