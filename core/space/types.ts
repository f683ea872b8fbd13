/** What a kind of dimension is. */
import type { Json } from '../json.ts';

/** Present only in configurations where every named path has the given value (or one of the given values). */
export type When = Record<string, Json>;
export type Conditional<D> = D & { when?: When };
/** What stands under a key of a dimension: a list of any values, a number, or two numbers [low, high]. */
export type Form = 'values' | 'number' | 'bounds' | 'integer bounds';

/** What the contract tests put a kind of dimension to. */
export interface DimensionCheck<D extends object> {
  example: D;
  /**
   * Of the example: shares of the draws, and the values below which they lie. Needed where values cannot be counted,
   * for nothing else says how they are distributed.
   */
  quantiles?: readonly (readonly [share: number, value: number])[];
}

/** How a kind of dimension is written, counted and drawn from. `u` is uniform in [0, 1). */
export interface DimensionKind<D extends object> {
  /** What it is, for `sweep list dimensions`. */
  summary: string;
  /** Its keys, all of them needed; the first tells it from other kinds. */
  form: { [K in keyof D]: Form };
  is(dimension: object): dimension is D;
  /** What is wrong with one of the right form, and what is allowed; undefined: nothing. */
  problem(dimension: D): string | undefined;
  /** How many values it has; undefined: a continuum, which only a sampling search can explore. */
  count(dimension: D): number | undefined;
  /** Its i-th value, 0 ≤ i < count. */
  at(dimension: D, index: number): Json;
  /** The value that a uniform draw u in [0, 1) stands for. */
  draw(dimension: D, u: number): Json;
  /**
   * Where a value of it lies in [0, 1]: the inverse of `draw`, the middle of those draws that give the value. Left out
   * where values have no distances, as those of a list; needed where they cannot be counted.
   */
  place?(dimension: D, value: number): number;
  check: DimensionCheck<D>;
}
