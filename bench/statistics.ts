/** What is said of repeated measurements: medians and quartiles, which one disturbed round does not move. Pure. */

export interface Spread {
  n: number;
  median: number;
  q1: number;
  q3: number;
}

/**
 * The value below which the share `p` of the sorted values lies, between neighbours in proportion (Hyndman and Fan
 * 1996, definition 7).
 */
export function quantile(sorted: readonly number[], p: number): number {
  const place = (sorted.length - 1) * p;
  const low = sorted[Math.floor(place)];
  const high = sorted[Math.ceil(place)];
  if (low === undefined || high === undefined)
    throw new RangeError(`the ${p} quantile of ${sorted.length} values; there must be one or more, and p from 0 to 1`);
  return low + (high - low) * (place - Math.floor(place));
}

/** Throws a RangeError if there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { n: sorted.length, median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75) };
}

export const median = (values: readonly number[]): number => spreadOf(values).median;

/**
 * How many times `b` each `a` is, round by round: what slows a machine down slows both of one round, so that these
 * ratios spread less than the times do. Both have a value for every round.
 */
export function ratiosOf(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length)
    throw new RangeError(`${a.length} and ${b.length} rounds: they were not measured side by side`);
  return a.map((x, i) => x / (b[i] as number));
}
