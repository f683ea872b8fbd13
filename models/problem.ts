/** From a trial's names to the functions behind them. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { UserError } from '../core/errors.ts';
import type { NetworkTrial } from '../core/spec.ts';
import { clipOf, clipping } from './clip.ts';
import { optimizers } from './optimizers/index.ts';
import { entryOf, ownOptions } from './options.ts';
import { tasks } from './tasks/index.ts';
import { tensorOf } from '../engine/tensors.ts';
import type { Optimizer, Problem, Tensors, Task, Updated, Weights } from './types.ts';

/** The trial's task with its network; throws a UserError for names and options that cannot be trained. */
export function problemOf({ task: spec, model, training }: NetworkTrial, corpus?: string): Problem {
  const task: Task = entryOf(tasks, 'task', spec.name);
  const metric = training.stopWhen?.metric;
  if (metric !== undefined && !Object.hasOwn(task.metrics, metric)) {
    throw new UserError(
      `training.stopWhen.metric is ${metric}, but the metrics of ${task.name} are ${Object.keys(task.metrics).join(', ')}`,
      2,
    );
  }
  return task.build(ownOptions(task, spec), model, training, corpus);
}

/** What becomes of gradients: clipping, then the optimizer. */
export interface Update {
  init(weights: Weights): Tensors;
  /** The optimizer's constants and the bound of clipping: inputs of each step, like its rate and number. */
  constants: Readonly<Record<string, number>>;
  /** Whether the optimizer treats each number by itself. */
  elementwise: boolean;
  /** `numbers` are scalars: rate, step, and the constants by name. */
  clipping(gradients: Tensors, numbers: Tensors): (gradient: Tensor) => Tensor;
  /** Of clipped gradients. */
  apply(weights: Weights, gradients: Tensors, state: Tensors, numbers: Tensors): Updated;
}

export function updateOf({ training }: NetworkTrial): Update {
  const optimizer: Optimizer = entryOf(optimizers, 'optimizer', training.optimizer);
  const options = ownOptions(optimizer, training);
  const { kind, bound } = clipOf(training.clip);
  const own = Object.entries(options).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return {
    init: (weights) => optimizer.init(weights),
    constants: { ...Object.fromEntries(own), ...(bound !== undefined && { clip: bound }) },
    elementwise: optimizer.elementwise ?? false,
    clipping: (gradients, numbers) => clipping(gradients, kind, kind === 'none' ? Infinity : tensorOf(numbers, 'clip')),
    apply(weights, gradients, state, numbers) {
      const constants = { ...options, ...Object.fromEntries(own.map(([name]) => [name, tensorOf(numbers, name)])) };
      return optimizer.update(
        weights,
        gradients,
        state,
        tensorOf(numbers, 'rate'),
        tensorOf(numbers, 'step'),
        constants,
      );
    },
  };
}

/** Trainable numbers of the trial's network, by formula: nothing is made. */
export function countParameters(trial: NetworkTrial, corpus?: string): number {
  return problemOf(trial, corpus).parameters;
}
