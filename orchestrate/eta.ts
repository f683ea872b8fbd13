/** When a sweep will be done, from what its finished trials took. Pure. */
import type { Configuration } from '../core/search/index.ts';

export interface Finished {
  configuration: Configuration;
  seconds: number;
}
export interface Waiting {
  configuration: Configuration;
  /** Seconds it has been training already; 0 if it waits. */
  spent: number;
}

/** Dimensions that the work of a trial is proportional to. */
const WORK = ['task.length', 'training.maxSteps', 'training.batchSize'];
/** Beyond this many comparisons a mean over all must do. */
const MOST_COMPARISONS = 1_000_000;

const workOf = (configuration: Configuration): number =>
  WORK.reduce(
    (work, path) => (typeof configuration[path] === 'number' ? work * (configuration[path] as number) : work),
    1,
  );

/** 0 for equal values, up to 1 for each dimension that differs; numbers by how much. */
function distance(a: Configuration, b: Configuration): number {
  let sum = 0;
  for (const path of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [x, y] = [a[path], b[path]];
    if (x === y) continue;
    sum += typeof x === 'number' && typeof y === 'number' ? Math.abs(x - y) / (Math.abs(x) + Math.abs(y)) : 1;
  }
  return sum;
}

/**
 * What a trial likely takes: as the finished trials most like it, in proportion to the work. Undefined: none has
 * finished.
 */
export function expectedSeconds(finished: readonly Finished[], configuration: Configuration): number | undefined {
  let nearest = Infinity;
  let rates: number[] = [];
  for (const other of finished) {
    const away = distance(configuration, other.configuration);
    if (away > nearest) continue;
    if (away < nearest) rates = [];
    nearest = away;
    rates.push(other.seconds / workOf(other.configuration));
  }
  return rates.length === 0 ? undefined : workOf(configuration) * mean(rates);
}

/** Seconds until all of `waiting` are done on `slots` at a time; undefined until a trial has finished. */
export function secondsLeft(
  finished: readonly Finished[],
  waiting: readonly Waiting[],
  slots: number,
): number | undefined {
  if (waiting.length === 0) return 0;
  if (finished.length === 0) return undefined;
  const coarse =
    finished.length * waiting.length > MOST_COMPARISONS ? mean(finished.map(({ seconds }) => seconds)) : undefined;
  const left = waiting.map(({ configuration, spent }) =>
    Math.max(0, (coarse ?? expectedSeconds(finished, configuration) ?? 0) - spent),
  );
  return Math.max(left.reduce((a, b) => a + b) / Math.max(1, slots), ...left.slice(0, 1000));
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Follows a jumpy guess: it falls by the second, and moves towards new guesses within about `inertia` seconds. */
export function smooth(
  shown: number | undefined,
  guess: number | undefined,
  passed: number,
  inertia = 5,
): number | undefined {
  if (guess === undefined || shown === undefined) return guess;
  const expected = Math.max(0, shown - passed);
  return expected + (guess - expected) * (1 - Math.exp(-passed / inertia));
}
