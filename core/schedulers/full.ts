import type { Scheduler } from './types.ts';

/** The configurations below `next` have been handed out. */
export type FullState = { next: number };

export const full: Scheduler<FullState> = {
  summary: 'every trial trains until its stop rule or its last step',
  options: {},
  wholeTrials: true,
  rungs: ({ maxSteps }) => [maxSteps],
  init: () => ({ next: 0 }),
  next({ next }, { configurations, maxSteps }) {
    if (next >= configurations) return undefined;
    const place = { configuration: next, rung: 0 };
    return {
      state: { next: next + 1 },
      assignment: { ...place, toStep: maxSteps },
      decision: { ...place, action: 'start', reason: 'all are trained to their end', numbers: { toStep: maxSteps } },
    };
  },
  report(state, { configuration, rung, toStep, value }) {
    return {
      state,
      decisions: [
        { configuration, rung, action: 'complete', reason: 'it was trained to its end', numbers: { toStep, value } },
      ],
    };
  },
};
