/**
 * The resolved sweep: what a sweep file becomes, with every general default filled in. Plain JSON; core/form/sweep.ts
 * describes it.
 */
import type { samplingForm, sectionForms, sweepForm } from './form/sweep.ts';
import type { ObjectOf, ValueOf } from './form/types.ts';
import type { Json } from './json.ts';

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

/** All that determines what a trial learns; its hash is the trial's id. */
export interface TrialSpec {
  task: TaskSpec;
  model: ModelSpec;
  training: TrainingSpec;
  seed: number;
}

type Resolved = ObjectOf<typeof sweepForm.keys>;

export interface SweepSpec extends Resolved {
  task: TaskSpec;
  model: ModelSpec;
  training: TrainingSpec;
}

export type Objective = SweepSpec['objective'];
/** Numbers that somebody has published, for the report to show beside its own. */
export type Reference = NonNullable<SweepSpec['report']['reference']>;
