/**
 * The tables as CSV. The columns are a contract; numbers are written in the shortest form that reads back as the same
 * number.
 */
import { stringify } from 'csv-stringify/sync';
import type { Json } from '../core/json.ts';
import { schedulerOf } from '../core/schedulers/index.ts';
import type { Configuration } from '../core/search/index.ts';
import { readAhead } from '../store/read-ahead.ts';
import type { Row } from './figures/index.ts';
import type { Report } from './types.ts';

type Field = string | number | undefined;
const csv = (header: string[], rows: Field[][]) => stringify([header, ...rows]);
/** A dimension's value as JSON, but for strings: whoever reads the file gets back what the sweep file says. */
const exact = (value: Json | undefined) =>
  value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
const valuesIn = (configuration: Configuration, paths: string[]) => paths.map((path) => exact(configuration[path]));

/**
 * One row a trial, in the plan's order whatever the order of completion. Metrics are empty unless the trial completed
 * or was stopped at a rung.
 */
export function resultsCsv({ trials, dimensions, metrics }: Report): string {
  return csv(
    ['trial', 'repeat', 'seed', 'status', 'steps', ...dimensions, ...metrics, 'parameters', 'backend'],
    trials.map((t) => [
      t.trialId,
      t.repeat,
      t.seed,
      t.status,
      t.steps,
      ...valuesIn(t.configuration, dimensions),
      ...metrics.map((name) => t.metrics[name]),
      t.parameters,
      t.backend,
    ]),
  );
}

/**
 * One row a configuration: n completed repeats, `failed` that failed or diverged, and, where a scheduler stops trials,
 * `stopped`; no interval for a single repeat.
 */
export function summaryCsv({ summary, dimensions, metrics, input: { spec } }: Report): string {
  const stops = !schedulerOf(spec).wholeTrials;
  return csv(
    [
      ...dimensions,
      'n',
      'failed',
      ...(stops ? ['stopped'] : []),
      ...metrics.flatMap((name) => [`${name}_mean`, `${name}_low`, `${name}_high`]),
    ],
    summary.map((row) => [
      ...valuesIn(row.configuration, dimensions),
      row.n,
      row.failed,
      ...(stops ? [row.stopped] : []),
      ...metrics.flatMap((name) => [row.metrics[name]?.mean, row.metrics[name]?.low, row.metrics[name]?.high]),
    ]),
  );
}

/**
 * One row an evaluation, of every trial that has a result or stopped at a rung; a trial at a time, for all of them may
 * be more than memory holds.
 */
export async function* curvesCsv({ trials, input }: Report): AsyncGenerator<string> {
  const { curveMetrics } = input;
  yield csv(['trial', 'step', ...curveMetrics], []);
  const read = async ({ trialId }: (typeof trials)[number]) => ({
    trialId,
    curve: (await input.curveOf(trialId)) ?? [],
  });
  for await (const { trialId, curve } of readAhead(trials, read)) {
    yield stringify(curve.map((point) => [trialId, point.step, ...curveMetrics.map((name) => point.metrics[name])]));
  }
}

/** What differs when the same sweep runs again. */
export function timingsCsv({ trials, input: { timings } }: Report): string {
  return csv(
    ['trial', 'seconds', 'attempts', 'worker'],
    trials.flatMap(({ trialId }) => {
      const timing = timings.get(trialId);
      return timing === undefined ? [] : [[trialId, timing.seconds, timing.attempts, timing.worker]];
    }),
  );
}

/** The rows of a table, whole: a column for every name in them. */
export function rowsCsv(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csv(
    names,
    rows.map((row) => names.map((name) => row[name] ?? undefined)),
  );
}
