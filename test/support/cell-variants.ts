import { cells } from '../../models/cells/index.ts';
import type { Cell, Options } from '../../models/types.ts';

/** Every cell with each of the options that its check names. */
export const cellVariants = Object.entries<Cell>(cells).flatMap(([cell, { check }]) =>
  check.variants.map((options: Options) => ({ cell, options })),
);
