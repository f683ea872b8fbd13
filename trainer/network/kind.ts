/** Networks of models/, trained by a backend of engine/. */
import type { TrainerKind } from '../types.ts';
import { networkProblems } from './checkpoint.ts';

export const network: TrainerKind = {
  origin: (_, backend) => backend,
  problems: networkProblems,
  load: async () => (await import('./index.ts')).openNetwork,
};
