/**
 * What jobs are asked and what they answer; plain JSON, shared by workflows, activities, trainers, store and reports.
 */
import type { Json, JsonObject } from './json.ts';
import type { SamplingSpec, TrialSpec } from './spec.ts';

export type TrialStatus = 'completed' | 'diverged' | 'failed';

/** Metrics of one evaluation. Finite by construction: a trial with any other value has diverged. */
export type Metrics = Record<string, number>;
export interface CurvePoint {
  step: number;
  metrics: Metrics;
}

/**
 * What trains. Another gives numbers that may differ in their last digits: what it has trained is not gone on from, or
 * taken for it.
 */
export interface Origin {
  /** For instance 'tensorflow 2.21.0 cpu', 'wasm 4.22.0'. */
  backend: string;
  /** Whether steps run as a recorded graph. */
  replayed: boolean;
}

/**
 * What is known of a trial after so many steps; `trials/<id>/rungs/step-<steps>.json` if they are fewer than it may
 * have.
 */
export interface RungRecord extends Origin {
  trialId: string;
  trial: TrialSpec;
  science: number;
  /** Steps trained; for a diverged trial, the step whose loss or weights were no longer finite. */
  steps: number;
  /** The last evaluation; empty if the trial diverged before the first. */
  metrics: Metrics;
  /** Trainable numbers in the network; left out where nobody has counted them. */
  parameters?: number;
}

/** `trials/<id>/result.json`: written once, and only when training ended (completed or diverged). */
export interface TrialResult extends RungRecord {
  status: 'completed' | 'diverged';
}

/** `trials/<id>/timing.json`: what differs when the same trial runs again. */
export interface TrialTiming {
  seconds: number;
  attempts: number;
  worker: string;
  startedAt: string;
  endedAt: string;
}

/** `trials/<id>/failure.json`: a trial whose job failed for good. A later start tries it again. */
export interface TrialFailure {
  trialId: string;
  trial: TrialSpec;
  message: string;
  at: string;
}

export interface Lane {
  trialId: string;
  index: number;
  repeat: number;
  trial: TrialSpec;
  label: string;
}

/**
 * Train the lanes from their latest checkpoint (or from nothing) up to `toStep`; before a trial's last step that is a
 * rung.
 */
export interface TrainJob {
  sweepId: string;
  science: number;
  lanes: Lane[];
  toStep: number;
  objective: string;
  /** What to let each trained network write. */
  sampling?: SamplingSpec;
  /** Look for results in the other sweeps of the runs folder first: nobody has done so yet. */
  adopt?: boolean;
}

/** The type of the error that a worker answers a job with which is of an older version of the science than its own. */
export const OTHER_SCIENCE = 'OtherScience';

/** 'paused': it has reached a rung and may go on from there. */
export interface LaneOutcome {
  trialId: string;
  status: TrialStatus | 'paused';
  steps: number;
  objective: number | null;
  cached: boolean;
}

/** A heartbeat: where the job is, small enough to be sent often. */
export interface JobProgress {
  label: string;
  trialId: string;
  step: number;
  toStep: number;
  metrics: Metrics;
  worker: string;
}

/** What is being done for a report that takes a while, and how much of it. */
export interface ReportProgress {
  doing: 'counting' | 'reading' | 'drawing' | 'writing';
  done: number;
  total: number;
}

/** The configuration that ranks first, and its mean over `n` of its `repeats`. */
export interface Leader {
  label: string;
  objective: number;
  n: number;
  repeats: number;
}

/** A sweep at one moment, for `status`, `watch` and the progress display. */
export interface SweepSnapshot {
  sweepId: string;
  state: 'running' | 'paused' | 'completed' | 'cancelled' | 'failed';
  total: number;
  /** Trials with a result from this run or the cache, whatever their status; failed ones are counted apart. */
  completed: number;
  cached: number;
  diverged: number;
  failed: number;
  /** Of the completed: those that a scheduler left at a rung. */
  stopped?: number;
  /** Jobs at a time, where somebody has set it while the sweep ran. */
  maxConcurrent?: number;
  running: JobProgress[];
  /** The best single trial; a seed may just have been lucky. */
  best?: { label: string; trialId: string; objective: number };
  /** The configuration that ranks first; left out where nobody has looked at all of them. */
  leader?: Leader;
  /** All is trained, or over: the report is being written; empty where its worker does not say how far it is. */
  reporting?: Partial<ReportProgress>;
  /** When the workflow began, if the server says so; ISO 8601. */
  startedAt?: string;
  /** Whom its jobs wait for in vain, as in 'a worker of X; there is one of Y'. */
  waiting?: string;
  /** What went wrong and is being tried again, a line each: a full disk, a trainer that was killed. */
  trouble?: string[];
  /** Why it ended as it did, when that is not plain success. */
  message?: string;
}

/** What a trainer goes on from. Only its own kind knows what the bytes mean; everybody else keeps them, hashed. */
export interface TrainerState {
  /** What its trainer says of the bytes; nothing named `step`, `origin`, `curve` or `observations`. */
  about: JsonObject;
  bytes: Uint8Array;
}

/** A trial at a step, as it is kept: what was seen of it so far, and what it goes on from. */
export interface Checkpoint {
  step: number;
  curve: CurvePoint[];
  observations: Observation[];
  /** Left out by a trainer that cannot go on from there: it says what was seen, and no more. */
  state?: TrainerState;
}
/** One that a trainer can go on from. */
export type Resumable = Required<Checkpoint>;

/**
 * What was seen of a network at a step that is no number of the curve; in `trials/<id>/observations.json`. The data's
 * shape goes with the kind and is stated where it is made (models/) and drawn (reports/figures/).
 */
export interface Observation {
  step: number;
  kind: ObservationKind;
  data: Json;
}
export type ObservationKind = 'samples' | 'gradient-flow' | 'gate' | 'attention';

/** Text that a network wrote: the prompt, and what it went on with. */
export interface Sample {
  prompt: string;
  text: string;
  temperature: number | 'greedy';
  length: number;
}

/** `trials/<id>/samples.json`: what the trained network wrote when asked as `sampling` says. */
export interface TrialSamples {
  sampling: SamplingSpec;
  samples: Sample[];
  metrics: SampleMetrics[];
}

/** Of all samples at one temperature. */
export interface SampleMetrics {
  temperature: number | 'greedy';
  metrics: Metrics;
}
