import type { TrainerKind } from '../types.ts';
import { origin } from './origin.ts';

/** Trials that are runs of somebody's program. */
export const program: TrainerKind = {
  origin: () => origin,
  load: async () => (await import('./index.ts')).openProgram,
};
