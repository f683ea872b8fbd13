/** From a trial's names to the functions behind them. */
import { UserError } from '../core/errors.ts';
import type { TrialSpec } from '../core/spec.ts';
import { optimizers } from './optimizers/index.ts';
import { entryOf, ownOptions } from './options.ts';
import { tasks } from './tasks/index.ts';
import type { Optimizer, Problem, Tensors, Task, Updated, Weights } from './types.ts';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The trial's task with its network; throws a UserError for names and options that cannot be trained. */
export function problemOf({ task: spec, model, training }: TrialSpec, corpus?: string): Problem {
  const task: Task = entryOf(tasks, 'task', spec.name);
  const metric = training.stopWhen?.metric;
  if (metric !== undefined && !Object.hasOwn(task.metrics, metric)) {
    throw new UserError(`training.stopWhen.metric is ${metric}, but the metrics of ${task.name} are ${Object.keys(task.metrics).join(', ')}`, 2);
  }
  return task.build(ownOptions(task, spec), model, training, corpus);
}

export interface Update {
  init(weights: Weights): Tensors;
  apply(weights: Weights, gradients: Tensors, state: Tensors, rate: Tensor, step: Tensor): Updated;
}

/** The trial's optimizer, with its constants. */
export function updateOf({ training }: TrialSpec): Update {
  const optimizer: Optimizer = entryOf(optimizers, 'optimizer', training.optimizer);
  const options = ownOptions(optimizer, training);
  return {
    init: (weights) => optimizer.init(weights, options),
    apply: (weights, gradients, state, rate, step) => optimizer.update(weights, gradients, state, rate, step, options),
  };
}

/** Trainable numbers of the trial's network, by formula: nothing is made. */
export function countParameters(trial: TrialSpec, corpus?: string): number {
  return problemOf(trial, corpus).parameters;
}
