import type { TrainerKind } from '../types.ts';

/** Trials that are runs of somebody's program. What it computes with is its own business, and not known. */
export const program: TrainerKind = {
  origin: () => ({ backend: 'program', replayed: false }),
  load: async () => (await import('./index.ts')).openProgram,
};
