/**
 * The resolved sweep: what a sweep file becomes, with every general default filled in. Plain JSON; core/form/sweep.ts
 * describes it, and
 * core/form/program.ts where trials are runs of a program.
 */
import type { programForms, programSweepForm } from './form/program.ts';
import type { samplingForm, sectionForms, sweepForm } from './form/sweep.ts';
import type { ObjectOf, ValueOf } from './form/types.ts';
import type { Json, JsonObject } from './json.ts';

export type { NamedOptions } from './form/types.ts';

/** A task's name and its own options (length, encoding, …). */
export type TaskSpec = ObjectOf<typeof sectionForms.task> & { [option: string]: Json };

/** A network: `layers` cells of `hiddenUnits` units on top of each other, and the cell's own options. */
export type ModelSpec = ObjectOf<typeof sectionForms.model> & { [option: string]: Json };

/** How it is trained, and the optimizer's own constants (momentum, beta1, …). */
export type TrainingSpec = ObjectOf<typeof sectionForms.training> & { [option: string]: Json | StopRule | undefined };

/** All gradients together are scaled to a norm, or each is cut to ± a value: one of the two. */
export type Clip = ValueOf<typeof sectionForms.training.clip>;

/** Training ends early once the metric has passed the bound (one of the two) at this many evaluations in a row. */
export type StopRule = ValueOf<typeof sectionForms.training.stopWhen>;

/** A trained network is sampled at every combination of these; none of them causes another training. */
export type SamplingSpec = ValueOf<typeof samplingForm>;

/** All that determines what a network learns; its hash is the trial's id. */
export interface NetworkTrial {
  task: TaskSpec;
  model: ModelSpec;
  training: TrainingSpec;
  seed: number;
  program?: undefined;
}

/** A program as its sweep has it. */
export type ProgramSpec = ObjectOf<typeof programForms.program>;

/** How far a program is run. It has no rule of ours to end by. */
export interface ProgramTraining {
  maxSteps: number;
  stopWhen?: undefined;
}

/**
 * All that determines what a program comes to, as far as we know of it: what is run, with which files, variables and
 * parameters, how its metrics are read, and how far it runs. Not where, for how long, with which secrets or limits.
 */
export interface ProgramTrial {
  program: Pick<ProgramSpec, 'command' | 'arguments' | 'environment' | 'read' | 'seedAs' | 'stepsAs'> & {
    /** The hash of their paths and hashes: there may be thousands, and each job and result has this. */
    files: string;
    /** Their names: others are not kept. */
    metrics: string[];
  };
  parameters: JsonObject;
  training: ProgramTraining;
  seed: number;
  task?: undefined;
  model?: undefined;
}

/** All that determines what comes of a trial; its hash is the trial's id. */
export type TrialSpec = NetworkTrial | ProgramTrial;

type ResolvedNetworks = ObjectOf<typeof sweepForm.keys>;
export interface NetworkSweep extends ResolvedNetworks {
  task: TaskSpec;
  model: ModelSpec;
  training: TrainingSpec;
  program?: undefined;
  parameters?: undefined;
}

type ResolvedPrograms = ObjectOf<typeof programSweepForm.keys>;
export interface ProgramSweep extends ResolvedPrograms {
  parameters: JsonObject;
  training: ProgramTraining & { evaluateEvery: number };
  task?: undefined;
  model?: undefined;
  sampling?: undefined;
  corpora?: undefined;
}

export type SweepSpec = NetworkSweep | ProgramSweep;

export type Objective = SweepSpec['objective'];
/** Numbers that somebody has published, for the report to show beside its own. */
export type Reference = NonNullable<SweepSpec['report']['reference']>;
