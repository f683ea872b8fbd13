/** What a search is. */
import type { Json } from '../json.ts';
import type { NumberOptions } from '../options.ts';
import type { SweepSpec } from '../spec.ts';

/** The values of one point of the space, by dotted path; a conditional dimension that does not apply is absent. */
export type Configuration = Record<string, Json>;

/**
 * What is known of a configuration that was tried, in order of arrival; one that is trained in rungs may come several
 * times.
 */
export interface TriedConfiguration {
  configuration: Configuration;
  /** How far it was trained. */
  toStep: number;
  /** The objective's mean over the repeats; null: a repeat diverged or failed, which ranks last. */
  value: number | null;
  /** It has ended by itself: more steps would change nothing. */
  ended: boolean;
}

export interface Search {
  summary: string;
  /** The paper; left out where there is none. */
  source?: string;
  options: NumberOptions;
  /** Whether it draws from dimensions, and so can explore those that are a continuum. */
  samples: boolean;
  /** How many configurations the sweep has. Constant time and memory in their number. */
  count(spec: SweepSpec): number;
  /**
   * The i-th configuration, 0 ≤ i < count, from the spec and i alone. Of an adaptive search: what it would try if it
   * knew nothing.
   */
  at(spec: SweepSpec, index: number): Configuration;
  /**
   * Only an adaptive search has this: the i-th configuration, from the spec, i, what has been observed and what is
   * being tried. Call it once for each i, when i is started, and keep what it says: `at` does not know it.
   */
  suggest?(
    spec: SweepSpec,
    index: number,
    history: readonly TriedConfiguration[],
    pending: readonly Configuration[],
  ): Configuration;
}
