/**
 * The tables that people read, the same in report.html and report.md. Numbers are rounded; the CSV files have every
 * digit.
 */
import type { SummaryRow, TrialRow } from '../core/aggregate.ts';
import type { Json } from '../core/json.ts';
import { metricOf } from '../core/metrics.ts';
import type { SweepSpec } from '../core/spec.ts';
import { isWhole, shareText } from '../core/standing.ts';
import { intervalText, LENGTH, labelOf, ranked, shortText, textOf, valuesOf, wordsOf } from './model.ts';
import type { Report } from './types.ts';

/** What a network wrote, after the prompt that it was given. */
export interface Written {
  prompt?: string;
  text: string;
}

/**
 * `note` and `warning` are small print under the text; `sort` is what a column is sorted by, where that is not the
 * text.
 */
export interface TableCell {
  text: string;
  /** Stand one under the other below the text, in letters of equal width. */
  written?: Written[];
  note?: string;
  warning?: string;
  sort?: number;
  bad?: boolean;
}
export interface Table {
  head: string[];
  rows: TableCell[][];
}

/** A wider table cannot be read; a longer one is a list of the best. */
const MOST_COLUMNS = 12;
const MOST_ROWS = 24;
const BEST = 10;

const CELL = 'model.cell';
/** What configurations have that a conditional dimension does not apply to. */
const NO_VALUE = '–';

export const cell = (text: string, more: Omit<TableCell, 'text'> = {}): TableCell => ({ text, ...more });
export const numberCell = (x: number | undefined): TableCell =>
  x === undefined ? cell('') : cell(shortText(x), { sort: x });
const secondsCell = (x: number | undefined): TableCell =>
  x === undefined ? cell('') : cell(x.toFixed(1), { sort: x });
export const valueCell = (value: Json | undefined): TableCell =>
  cell(textOf(value), typeof value === 'number' ? { sort: value } : {});

/** The mean, under it the interval, and, where that is not of all repeats, of how many and why. */
function estimateCell(row: SummaryRow | undefined, metric: string): TableCell {
  if (row === undefined) return cell('');
  const estimate = row.metrics[metric];
  const out = (
    [
      ['failed', row.failed],
      ['stopped', row.stopped],
      ['to come', row.missing],
    ] as const
  ).flatMap(([word, n]) => (n > 0 ? [`${n} ${word}`] : []));
  const share = estimate === undefined || isWhole(row, metric) ? [] : [shareText(row, metric)];
  const warning = out.length === 0 ? {} : { warning: [...share, ...out].join(', ') };
  if (estimate === undefined) return cell('–', warning);
  const interval = intervalText(estimate);
  return cell(shortText(estimate.mean), {
    sort: estimate.mean,
    ...(interval === '' ? {} : { note: interval }),
    ...warning,
  });
}

export interface TitledTable extends Table {
  title: string;
}

/**
 * The objective's mean and interval: lengths (or the last dimension) across or else down; a ranking where neither can
 * be read.
 */
export function answerTable(report: Report): TitledTable {
  const {
    dimensions,
    input: { spec },
  } = report;
  const main = dimensions.includes(LENGTH) ? LENGTH : dimensions.at(-1);
  const others = dimensions.filter((path) => path !== main);
  const title = `Mean ${spec.objective.metric}${main === undefined ? '' : ` by ${wordsOf(main)}`}`;
  if (main === undefined) return { title, ...gridTable(report, [], []) };
  for (const [down, across] of [
    [others, [main]],
    [[main], others],
  ] as const) {
    const [rows, columns] = [grouped(report, down).size, grouped(report, across).size];
    // In a grid that is mostly holes nothing stands beside what it is compared with.
    if (rows <= MOST_ROWS && columns <= MOST_COLUMNS && rows * columns <= 1.5 * report.summary.length)
      return { title, ...gridTable(report, down, across) };
  }
  return rankingTable(report);
}

function gridTable(report: Report, down: readonly string[], across: readonly string[]): Table {
  const {
    objective: { metric },
    model,
  } = report.input.spec;
  const columns = [...grouped(report, across).keys()];
  return {
    head: [down.map(wordsOf).join(', '), ...columns.map((label) => label || (across.length === 0 ? metric : NO_VALUE))],
    rows: [...grouped(report, down)].map(([label, group]) => [
      cell(label || (down.length > 0 ? NO_VALUE : across.includes(CELL) ? metric : (model?.cell ?? metric))),
      ...columns.map((column) =>
        estimateCell(
          group.find(({ configuration }) => labelOf(configuration, across) === column),
          metric,
        ),
      ),
    ]),
  };
}

/** The rows that agree on the paths, by their label; a single dimension in the order of its values. */
function grouped(report: Report, paths: readonly string[]): Map<string, SummaryRow[]> {
  const [only, ...more] = paths;
  const values = only === undefined || more.length > 0 ? [] : valuesOf(report, only);
  const groups = new Map<string, SummaryRow[]>(
    values.map((value) => [labelOf({ [only as string]: value }, paths), []]),
  );
  for (const row of report.summary) {
    const label = labelOf(row.configuration, paths);
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [row]);
    else group.push(row);
  }
  return groups;
}

/** Every configuration, those without a mean over all their repeats last and without a rank; of too many, the best. */
function rankingTable(report: Report): TitledTable {
  const { metric } = report.input.spec.objective;
  const [best, few] = [ranked(report), report.summary.length <= MOST_ROWS];
  const shown = few ? [...new Set([...best, ...report.summary])] : best.slice(0, BEST);
  return {
    title: `${few ? 'Configurations' : 'Best configurations'} by mean ${metric}`,
    head: ['', ...report.dimensions.map(wordsOf), `mean ${metric}`],
    rows: shown.map((row, i) => [
      cell(isWhole(row, metric) ? String(i + 1) : '', { sort: i }),
      ...report.dimensions.map((path) => valueCell(row.configuration[path])),
      estimateCell(row, metric),
    ]),
  };
}

/** When the task counts as solved: by the sweep's own stopping rule, where that bounds a share from below. */
function solvedWhen({ objective, training: { stopWhen } }: SweepSpec): { metric: string; atLeast: number } | undefined {
  if (stopWhen?.atLeast !== undefined && metricOf(stopWhen.metric).range[1] === 1)
    return { metric: stopWhen.metric, atLeast: stopWhen.atLeast };
  return objective.metric === 'accuracy' ? { metric: 'accuracy', atLeast: 0.95 } : undefined;
}

/**
 * One sentence for sweeps over lengths: up to which length each network solves the task, in the sense of the sweep's
 * own stopping rule, with all of its repeats; and where only those that are left do, how many these are. Undefined
 * where the sweep does not ask that.
 */
export function headline(report: Report): string | undefined {
  const solved = solvedWhen(report.input.spec);
  if (solved === undefined || !report.dimensions.includes(LENGTH)) return undefined;
  const groups = grouped(
    report,
    report.dimensions.filter((path) => path !== LENGTH),
  );
  if (groups.size > MOST_COLUMNS) return undefined;
  const reach = [...groups].map(([label, rows]) => {
    const byLength = [...rows].sort((a, b) => Number(a.configuration[LENGTH]) - Number(b.configuration[LENGTH]));
    const reaches = (row: SummaryRow) => (row.metrics[solved.metric]?.mean ?? 0) >= solved.atLeast;
    const first = byLength.findIndex((row) => !reaches(row) || !isWhole(row, solved.metric));
    const [last, next] = first === -1 ? [byLength.at(-1)] : [byLength[first - 1], byLength[first]];
    const name = label === '' ? (report.input.spec.model?.cell ?? '') : label;
    const partly =
      next !== undefined && reaches(next)
        ? ` (${String(next.configuration[LENGTH])} with ${shareText(next, solved.metric)})`
        : '';
    return `${name} ${last === undefined ? 'at none' : `up to ${String(last.configuration[LENGTH])}`}${partly}`;
  });
  return `Lengths solved with a mean ${wordsOf(solved.metric)} of at least ${solved.atLeast}: ${reach.join('; ')}.`;
}

export function summaryTable(report: Report): Table {
  return {
    head: [
      ...report.dimensions.map(wordsOf),
      'n',
      'failed',
      ...report.metrics.flatMap((name) => [`${name}, mean`, '95 % interval']),
    ],
    rows: report.summary.map((row) => [
      ...report.dimensions.map((path) => valueCell(row.configuration[path])),
      cell(String(row.n), { sort: row.n }),
      cell(String(row.failed), { sort: row.failed, bad: row.failed > 0 }),
      ...report.metrics.flatMap((name) => {
        const estimate = row.metrics[name];
        return [
          numberCell(estimate?.mean),
          estimate === undefined ? cell('') : cell(intervalText(estimate), { sort: estimate.low ?? NaN }),
        ];
      }),
    ]),
  };
}

export function trialsTable({ dimensions, metrics, trials, input: { timings } }: Report): Table {
  return {
    head: ['trial', ...dimensions.map(wordsOf), 'repeat', 'status', 'steps', ...metrics, 'seconds'],
    rows: trials.map((t) => [
      cell(t.trialId),
      ...dimensions.map((path) => valueCell(t.configuration[path])),
      cell(String(t.repeat), { sort: t.repeat }),
      cell(t.status, { bad: t.status === 'diverged' || t.status === 'failed' }),
      t.steps === undefined ? cell('') : cell(String(t.steps), { sort: t.steps }),
      ...metrics.map((name) => numberCell(t.metrics[name])),
      secondsCell(timings.get(t.trialId)?.seconds),
    ]),
  };
}

/** Trials that gave no number, and why. */
export function problemsTable({ dimensions, trials, input: { failures } }: Report): Table {
  return {
    head: ['trial', 'configuration', 'repeat', 'what happened'],
    rows: trials
      .filter(({ status }) => status === 'diverged' || status === 'failed')
      .map((t) => [
        cell(t.trialId),
        cell(labelOf(t.configuration, dimensions)),
        cell(String(t.repeat), { sort: t.repeat }),
        cell(
          t.status === 'diverged'
            ? `diverged: not finite at step ${t.steps}`
            : `failed: ${failures.get(t.trialId)?.message ?? ''}`,
          { bad: true },
        ),
      ]),
  };
}

/** Counts as all displays do: a trial that was drawn twice is two trials of the sweep, and trained once. */
export function countsText({ trials, input: { spec } }: Report): string {
  const count = (some: TrialRow[]) => some.reduce((sum, { draws = 1 }) => sum + draws, 0);
  const of = (status: string) => count(trials.filter((t) => t.status === status));
  const words = (['stopped', 'diverged', 'failed', 'missing'] as const).flatMap((status) =>
    of(status) > 0 ? [`${of(status)} ${status}`] : [],
  );
  const drawn = count(trials);
  const twice =
    drawn === trials.length ? [] : [`${trials.length} of them different: ${spec.search.name} drew some more than once`];
  return [`${of('completed')} of ${drawn} trials completed`, ...words, ...twice].join(', ');
}
