/** The report as data: what every table and figure is drawn from. */
import { metricNames, summarize, trialRows, type Estimate, type SummaryRow, type TrialRow } from '../core/aggregate.ts';
import { canonicalJson, valueText, type Json } from '../core/json.ts';
import { dimensionName } from '../core/plan.ts';
import type { Configuration } from '../core/search/index.ts';
import * as standing from '../core/standing.ts';
import type { Report, ReportInput } from './types.ts';
import { oneLine } from './visible.ts';

/** The dimension that most questions are about. */
export const LENGTH = 'task.length';

const models = new WeakMap<ReportInput, Report>();

/** Made once of what was read: of a hundred thousand trials that takes half a minute. */
export function modelOf(input: ReportInput): Report {
  const known = models.get(input) ?? makeModel(input);
  models.set(input, known);
  return known;
}

function makeModel(input: ReportInput): Report {
  const trials = trialRows(input.spec, input.results, new Set(input.failures.keys()), input.stopped, input.suggestions);
  return {
    input,
    dimensions: Object.keys(input.spec.space),
    metrics: metricNames([{ [input.spec.objective.metric]: 0 }, ...trials.map(({ metrics }) => metrics)]),
    trials,
    summary: summarize(trials, input.spec.program?.metrics),
  };
}

/** dimensionName() as reports have it: a key of a sweep file may hold anything. */
export function wordsOf(path: string): string {
  return oneLine(dimensionName(path));
}

/** A dimension's value as people write it; absent (a condition does not hold): nothing. */
export function textOf(value: Json | undefined): string {
  return value === undefined ? '' : valueText(value);
}

/** The part of a configuration that the paths name: 'lstm, learning rate 0.001'. */
export function labelOf(configuration: Configuration, paths: readonly string[]): string {
  return paths
    .flatMap((path) => {
      const value = configuration[path];
      if (value === undefined) return [];
      return typeof value === 'string' ? value : `${wordsOf(path)} ${textOf(value)}`;
    })
    .join(', ');
}

/**
 * The distinct values of a dimension among the configurations: numbers by size, anything else in order of appearance.
 */
export function valuesOf(report: Report, path: string): Json[] {
  const values = new Map(
    report.summary.flatMap(({ configuration }) => {
      const value = configuration[path];
      return value === undefined ? [] : [[canonicalJson(value), value] as const];
    }),
  );
  const distinct = [...values.values()];
  return distinct.every((value) => typeof value === 'number') ? distinct.sort((a, b) => a - b) : distinct;
}

/** Four significant digits and no trailing zeros: enough for a reader; the CSV files have every digit. */
export function roundedText(x: number): string {
  return String(Number(x.toPrecision(4)));
}

/** Three decimals for what lies in [0, 1], so that columns line up; else as roundedText. */
export function shortText(x: number): string {
  return x >= 0 && x <= 1 ? x.toFixed(3) : roundedText(x);
}

export function intervalText({ low, high }: Estimate): string {
  return low === undefined || high === undefined ? '' : `${shortText(low)} – ${shortText(high)}`;
}

/**
 * Of each configuration the first completed repeat of which there is something to show. Of more configurations than can
 * be shown, those of the longest length, and of these the best.
 */
export function examples(report: Report, hasIt: (trial: TrialRow) => boolean, most: number): TrialRow[] {
  const firstOf = ({ repeats }: SummaryRow) => repeats.find((trial) => trial.status === 'completed' && hasIt(trial));
  const all = report.summary.filter((row) => firstOf(row) !== undefined);
  const few = all.length <= most ? all : longest(all);
  const best = ranked(report).filter((row) => few.includes(row));
  const shown = few.length <= most ? few : [...new Set([...best, ...few])].slice(0, most);
  return shown.flatMap((row) => firstOf(row) ?? []);
}

/** So many configurations are shown at most: by curves, which come in 24 colours and 12 panels. */
const MOST_SHOWN = 24 * 12;

/**
 * The trials that figures may show more of than their last numbers: all, or else those of the best configurations and
 * the best of the longest.
 */
export function worthShowing(report: Report): TrialRow[] {
  if (report.summary.length <= MOST_SHOWN) return report.trials;
  const best = ranked(report);
  const long = new Set(longest(best));
  const shown = new Set([...best.slice(0, MOST_SHOWN), ...best.filter((row) => long.has(row)).slice(0, MOST_SHOWN)]);
  return [...shown].flatMap(({ repeats }) => repeats);
}

/** Of configurations that differ in nothing but their length, the longest. */
function longest(rows: SummaryRow[]): SummaryRow[] {
  const found = new Map<string, SummaryRow>();
  const lengthOf = ({ configuration }: SummaryRow) => Number(configuration[LENGTH] ?? 0);
  for (const row of rows) {
    const key = canonicalJson({ ...row.configuration, [LENGTH]: null });
    const known = found.get(key);
    if (known === undefined || lengthOf(row) > lengthOf(known)) found.set(key, row);
  }
  return [...found.values()];
}

/**
 * Configurations with a value for the objective, best first; those of which a repeat has none come after all others.
 */
export const ranked = (report: Report): SummaryRow[] => standing.ranked(report.summary, report.input.spec.objective);
