/** Registry of searches: which configurations of the space are tried. One file each. */
import type { SweepSpec } from '../spec.ts';
import { grid } from './grid.ts';
import { random } from './random.ts';
import { tpe } from './tpe.ts';
import type { Search } from './types.ts';

export type * from './types.ts';

export const searches = { grid, random, tpe } satisfies Record<string, Search>;
export type SearchName = keyof typeof searches;

export function searchOf(spec: Pick<SweepSpec, 'search'>): Search {
  return searches[spec.search.name as SearchName];
}
