/** Registry of optimizers: a new one is a file here and a line below. */
import type { Optimizer } from '../types.ts';
import { adam } from './adam.ts';
import { momentum } from './momentum.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const optimizers = { sgd, momentum, rmsprop, adam } satisfies Record<string, Optimizer>;
export type OptimizerName = keyof typeof optimizers;
