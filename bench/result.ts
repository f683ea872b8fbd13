/** What every benchmark yields: the machine, and measurements as times and as ratios; plain JSON. */
import { UserError } from '../core/errors.ts';
import { machineText, type Machine } from './machine.ts';
import { median, ratiosOf, spreadOf, type Spread } from './statistics.ts';

export interface Measurement extends Spread {
  /** What was measured, from the general to the particular: ['lstm', 'T 19', 'batch 128', 'hidden 128', 'replayed']. */
  of: string[];
  unit: string;
  /** How many times the value of `to` it is, round by round. */
  ratio?: Spread & { to: string };
  /** The same beside the fastest of what is not ours. */
  best?: Spread & { to: string };
}

export interface BenchResult {
  bench: 'step' | 'sweep' | 'overhead' | 'memory' | 'gpu';
  /** When it began; ISO 8601. */
  at: string;
  machine: Machine;
  /** Of the last minute: before the first measurement and after the last. */
  load: [before: number, after: number];
  versions: Record<string, string>;
  /** As asked for. */
  options: Record<string, unknown>;
  measurements: Measurement[];
  /** What is to be known beside the numbers, a line each: what was left out, and why. */
  notes: string[];
}

/**
 * One value a round, of several that took turns: as measurements, each beside the one called `to`, and beside the
 * fastest of its rivals, by their medians, if it has any.
 */
export function sideBySide(
  of: readonly string[],
  unit: string,
  rounds: ReadonlyMap<string, readonly number[]>,
  to: string,
  rivals: ReadonlyMap<string, readonly string[]> = new Map(),
): Measurement[] {
  const beside = (values: readonly number[], other: string) => ({
    to: other,
    ...spreadOf(ratiosOf(values, rounds.get(other) ?? [])),
  });
  const fastest = (names: readonly string[]) =>
    names.toSorted((a, b) => median(rounds.get(a) ?? []) - median(rounds.get(b) ?? []))[0];
  return [...rounds].map(([name, values]) => {
    const best = fastest(rivals.get(name) ?? []);
    return {
      of: [...of, name],
      unit,
      ...spreadOf(values),
      ...(rounds.has(to) && name !== to && { ratio: beside(values, to) }),
      ...(best !== undefined && { best: beside(values, best) }),
    };
  });
}

/** One value more than once, beside nothing. */
export const alone = (of: readonly string[], unit: string, values: readonly number[]): Measurement => ({
  of: [...of],
  unit,
  ...spreadOf(values),
});

export interface Change {
  of: string[];
  unit: string;
  before: number;
  now: number;
  ratio: number;
}

/**
 * The earlier result, if what is measured on `here` now can be compared to it. Throws a UserError if it is of another
 * machine or benchmark: a ratio between two machines says nothing about the program. `name` is what to call it.
 */
export function comparable(earlier: unknown, bench: BenchResult['bench'], here: Machine, name: string): BenchResult {
  const before = asResult(earlier, name);
  if (before.bench !== bench)
    throw new UserError(
      `--compare ${name}: it is of sweep bench ${before.bench}; allowed: one of sweep bench ${bench}`,
      2,
    );
  const [there, now] = [machineText(before.machine), machineText(here)];
  if (there === now) return before;
  throw new UserError(
    `--compare ${name}: it was measured on another machine (${there}; this one is ${now}), so the times cannot be compared; measure both on one`,
    2,
  );
}

/** What both measured, then and now. */
export function changesSince(before: BenchResult, now: BenchResult): Change[] {
  return now.measurements.flatMap((measurement) => {
    const same = before.measurements.find(
      ({ of, unit }) => of.join('\0') === measurement.of.join('\0') && unit === measurement.unit,
    );
    if (same === undefined) return [];
    return [
      {
        of: measurement.of,
        unit: measurement.unit,
        before: same.median,
        now: measurement.median,
        ratio: measurement.median / same.median,
      },
    ];
  });
}

function asResult(json: unknown, name: string): BenchResult {
  const { bench, machine, measurements } = (
    typeof json === 'object' && json !== null ? json : {}
  ) as Partial<BenchResult>;
  if (typeof bench === 'string' && typeof machine === 'object' && Array.isArray(measurements))
    return json as BenchResult;
  throw new UserError(`--compare ${name}: it is not what sweep bench --json printed`, 2);
}
