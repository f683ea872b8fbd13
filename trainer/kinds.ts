/** The kinds of trainers. A trial is of the kind whose section it has; one without any is a network. */
import type { Origin } from '../core/results.ts';
import type { TrialSpec } from '../core/spec.ts';
import { network } from './network/kind.ts';
import { program } from './program/kind.ts';
import type { TrainerKind } from './types.ts';

export const kinds: Readonly<Record<string, TrainerKind>> = { network, program };

/** What most sweeps train: a process loads it before it is asked to. */
export const usual: TrainerKind = network;

export const kindOf = (trial: TrialSpec): TrainerKind =>
  Object.entries(kinds).find(([name]) => Object.hasOwn(trial, name))?.[1] ?? usual;

/** What the trial's results depend on beside the trial, where networks are trained by `backend`. */
export const originOfTrial = (trial: TrialSpec, backend: Origin): Origin => kindOf(trial).origin(trial, backend);
