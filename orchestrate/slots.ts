import { availableParallelism } from 'node:os';

/** A trainer uses one thread, so there is room for one a core; a GPU is kept busy by one. */
export const defaultSlots = (accelerator: 'cpu' | 'gpu'): number =>
  accelerator === 'gpu' ? 1 : availableParallelism();
