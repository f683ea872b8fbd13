/** The resolved sweep: what spec/ makes of a sweep file, with every general default filled in. Plain JSON. */
import type { Json } from './json.ts';
import type { Dimension } from './space/index.ts';

/** A task's name and its own options (length, encoding, …). */
export interface TaskSpec { name: string; [option: string]: Json }

/** A network: `layers` cells of `hiddenUnits` units on top of each other, and the cell's own options. */
export interface ModelSpec { cell: string; hiddenUnits: number; layers: number; [option: string]: Json }

export type Clip = { norm: number } | { value: number };

/** Training ends early once the metric has passed the bound at this many evaluations in a row. */
export type StopRule = { metric: string; atLeast?: number; atMost?: number; evaluations: number };

export interface TrainingSpec {
  optimizer: string;
  learningRate: number;
  batchSize: number;
  maxSteps: number;
  /** Steps between two evaluations. */
  evaluateEvery: number;
  /** Fresh examples an evaluation looks at. */
  evaluationSize: number;
  clip?: Clip;
  stopWhen?: StopRule;
  /** learningRate × factor^⌊step / every⌋ */
  decay?: { factor: number; every: number };
  /** Truncated back-propagation through time: gradients flow back at most this many time steps. */
  truncate?: number;
  /** The optimizer's own constants (momentum, beta1, …). */
  [option: string]: Json | StopRule | undefined;
}

/** A trained network is sampled at every combination of these; none of them causes another training. */
export interface SamplingSpec {
  temperature: number[];
  length: number[];
  prompts: string[];
  greedy: boolean;
  /** Texts for each of these; left out: one. */
  samples?: number;
}

/** All that determines what a trial learns; its hash is the trial's id. */
export interface TrialSpec { task: TaskSpec; model: ModelSpec; training: TrainingSpec; seed: number }

/** Numbers that somebody has published, for the report to show beside its own. */
export interface Reference { source: string; points: { step: number; accuracy?: number | undefined; loss?: number | undefined }[] }

export type Metric = 'accuracy' | 'loss' | (string & {});
export interface Objective { metric: Metric; goal: 'maximize' | 'minimize' }
export interface NamedOptions { name: string; [option: string]: Json }

export interface SweepSpec {
  name: string;
  description: string;
  task: TaskSpec;
  model: ModelSpec;
  training: TrainingSpec;
  sampling?: SamplingSpec;
  /** The texts that the spec names (task.corpus), by name: 'sha256:…'. Trials refer to a text by its hash, never by its name. */
  corpora?: Record<string, string>;
  /** Dotted path into task, model or training -> dimension, in the file's order. */
  space: Record<string, Dimension>;
  repeats: number;
  seed: number;
  search: NamedOptions;
  scheduler: NamedOptions;
  objective: Objective;
  budget: { maxConcurrent?: number; wallClockSeconds?: number; maxTrials?: number };
  resources: { accelerator: 'cpu' | 'gpu' | 'any' };
  report: { figures?: string[]; reference?: Reference };
}
