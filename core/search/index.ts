/** Registry of searches: which configurations of the space are tried. One file each. */
import type { Json } from '../json.ts';
import type { NumberOptions } from '../options.ts';
import type { SweepSpec } from '../spec.ts';
import { grid } from './grid.ts';
import { random } from './random.ts';

/** The values of one point of the space, by dotted path; a conditional dimension that does not apply is absent. */
export type Configuration = Record<string, Json>;

export interface Search {
  summary: string;
  options: NumberOptions;
  /** Whether it draws from dimensions, and so can explore those that are a continuum. */
  samples: boolean;
  /** How many configurations the sweep has. Constant time and memory in their number. */
  count(spec: SweepSpec): number;
  /** The i-th configuration, 0 ≤ i < count, from the spec and i alone. */
  at(spec: SweepSpec, index: number): Configuration;
}

export const searches = { grid, random } satisfies Record<string, Search>;
export type SearchName = keyof typeof searches;

export function searchOf(spec: SweepSpec): Search {
  return searches[spec.search.name as SearchName];
}
