import type { CellName } from '../../models/cells/index.ts';
import type { Options } from '../../models/types.ts';

/** The options to test each cell with: its defaults, and whatever else changes its equations. */
export const variants: Record<CellName, Options[]> = {
  rnn: [{}, { activation: 'identity' }],
  lstm: [{}],
  gru: [{}, { bias: false }],
  'phased-lstm': [
    { tau: 4, s: 0.7, rOn: 0.6 },
    { tau: 4, s: 0.7, rOn: 0.6, phases: 'learned' },
  ],
};

/** Every cell with each of them. */
export const cellVariants = Object.entries(variants).flatMap(([cell, all]) =>
  all.map((options) => ({ cell, options })),
);
