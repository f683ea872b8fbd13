import type { Scheduler } from './index.ts';

export const full: Scheduler = {
  summary: 'every trial trains until its stop rule or its last step',
  options: {},
};
