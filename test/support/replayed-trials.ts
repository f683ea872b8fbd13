/** The networks that a device must replay: every cell, optimizer and task, and whatever else changes a program. */
import type { TaskSpec, TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { optimizers } from '../../models/optimizers/index.ts';
import { tasks } from '../../models/tasks/index.ts';
import type { Options } from '../../models/types.ts';
import { cellVariants } from './cell-variants.ts';

export interface Choice {
  cell?: string;
  options?: Options;
  optimizer?: string;
  task?: TaskSpec;
  units?: number;
  batch?: number;
  layers?: number;
  training?: Partial<TrainingSpec>;
}

export function trialOf({
  cell = 'lstm',
  options = {},
  optimizer = 'adam',
  task = { name: 'palindrome' },
  units = 12,
  batch = 8,
  layers = 1,
  training = {},
}: Choice): NetworkTrial {
  return {
    task: { ...(task.name !== 'names' && { length: 6 }), ...task },
    model: { ...options, cell, hiddenUnits: units, layers },
    training: {
      optimizer,
      learningRate: 0.01,
      batchSize: batch,
      maxSteps: 100,
      evaluateEvery: 100,
      evaluationSize: 16,
      clip: { norm: 0.1 },
      ...training,
    },
    seed: 1,
  };
}

/** For the tasks that learn from a text, of prose or of names. */
export const corpus =
  'hydrogen\nhelium\nlithium\nberyllium\nboron\ncarbon\nnitrogen\noxygen\nfluorine\nneon\nsodium\nmagnesium\n'.repeat(
    30,
  );

export const choices: readonly Choice[] = [
  ...Object.keys(cells).flatMap((cell) => Object.keys(optimizers).map((optimizer) => ({ cell, optimizer }))),
  ...Object.keys(tasks).map((name) => ({ task: { name } })),
  { task: { name: 'text', carry: true } },
  { task: { name: 'case-change', attention: 'dot' } },
  { task: { name: 'case-change', attention: 'additive' } },
  ...cellVariants.map((variant) => ({ ...variant, layers: 2 })),
  { training: { clip: { value: 0.01 } } },
  { training: { truncate: 2 } },
];

export const nameOf = (choice: Choice): string =>
  Object.values(choice)
    .map((x: unknown) => (typeof x === 'object' ? JSON.stringify(x) : x))
    .join();
