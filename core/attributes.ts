/**
 * Temporal's search attributes of a sweep: what it can be found by in the Temporal UI. They are keys as the SDK takes
 * them; whoever sets one and whoever registers them has its name and type from here.
 */
export const SWEEP_ATTRIBUTES = {
  name: { name: 'SweepName', type: 'KEYWORD' },
  task: { name: 'SweepTask', type: 'KEYWORD' },
  status: { name: 'SweepStatus', type: 'KEYWORD' },
  best: { name: 'SweepBest', type: 'DOUBLE' },
} as const;
