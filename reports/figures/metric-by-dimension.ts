import type { SummaryRow } from '../../core/aggregate.ts';
import type { Json } from '../../core/json.ts';
import { isWhole } from '../../core/standing.ts';
import { labelOf, ranked, textOf, wordsOf } from '../model.ts';
import type { Report } from '../types.ts';
import type { Figure, Row } from './types.ts';
import { GREY, oneLine, repeatsText } from './layout.ts';
import { ink, series } from './theme.ts';

/**
 * So many points are drawn: of more configurations the best, and others evenly among the rest. More hide one another,
 * and take a minute and a hundred megabytes.
 */
const MOST_POINTS = 2000;
const MOST_BEST = 400;

/** More values than this on an axis of names cannot be read. */
const MOST_NAMES = 20;

/**
 * A row a configuration: its value of dimension i in column `d<i>`, its mean, and whether it is the best, or one of
 * survivors.
 */
function data(report: Report): Row[] | undefined {
  const { metric } = report.input.spec.objective;
  const [best] = ranked(report);
  if (best === undefined || report.dimensions.length === 0) return undefined;
  return drawn(ranked(report))
    .reverse()
    .flatMap((row): Row[] => {
      // the best is drawn last, on top
      const estimate = row.metrics[metric];
      if (estimate === undefined) return [];
      const columns = report.dimensions.map((path, i) => [`d${i}`, columnOf(row.configuration[path])] as const);
      return [
        {
          ...Object.fromEntries(columns),
          configuration: oneLine(labelOf(row.configuration, report.dimensions)),
          mean: estimate.mean,
          low: estimate.low ?? null,
          high: estimate.high ?? null,
          n: row.n,
          failed: row.failed,
          best: row === best ? 'best' : isWhole(row, metric) ? 'other' : 'part',
        },
      ];
    });
}

function drawn(all: SummaryRow[]): SummaryRow[] {
  if (all.length <= MOST_POINTS) return all;
  const rest = all.length - MOST_BEST;
  const others = Array.from(
    { length: MOST_POINTS - MOST_BEST },
    (_, i) => all[MOST_BEST + Math.floor((i * rest) / (MOST_POINTS - MOST_BEST))] as SummaryRow,
  );
  return [...all.slice(0, MOST_BEST), ...others];
}

const columnOf = (value: Json | undefined) =>
  value === undefined ? null : typeof value === 'number' ? value : oneLine(textOf(value));

/** The axis of a dimension: numbers by size (logarithmic where they span over two decades), anything else by name. */
function axisOf(path: string, values: (string | number)[]): object {
  const title = wordsOf(path);
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length || values.length === 0)
    return { type: 'nominal', title, sort: null, axis: { labelAngle: 0 } };
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const log = low > 0 && high / low > 100;
  return {
    type: 'quantitative',
    title,
    scale: log ? { type: 'log' } : { zero: false, padding: 12 },
    axis: { tickCount: 5, ...(log ? { format: '.0e' } : {}) },
  };
}

export const metricByDimension: Figure = {
  title: 'Objective by dimension',
  summary: 'the objective of every configuration against each dimension in turn; for sweeps without a length',
  caption: (report, rows) =>
    `A point is a configuration (mean of ${repeatsText(report.input.spec.repeats)}); the best one is filled in every panel.` +
    (rows.length < ranked(report).length
      ? ` Of ${ranked(report).length} configurations the best ${MOST_BEST}, and ${MOST_POINTS - MOST_BEST} of the others.`
      : '') +
    (rows.some((row) => row['best'] === 'part') ? GREY : ''),
  data,
  spec(rows, report, page) {
    const { metric } = report.input.spec.objective;
    const size = page === 'narrow' ? { width: 258, height: 190 } : { width: 330, height: 220 };
    const [other, best] = [series[1], series[0]].map((ink) => ink?.light);
    const y = {
      field: 'mean',
      type: 'quantitative',
      title: `mean ${metric}`,
      scale: metric === 'accuracy' ? { domain: [0, 1] } : { zero: false },
      axis: { tickCount: 5 },
    };
    const some = rows.some((row) => row['best'] === 'part');
    const scale = {
      domain: ['other', 'best', ...(some ? ['part'] : [])],
      range: [other, best, ...(some ? [ink.axis] : [])],
    };
    const panels = report.dimensions.flatMap((path, i) => {
      const values = [...new Set(rows.map((row) => row[`d${i}`]))].filter(
        (value) => value !== null && value !== undefined,
      );
      const x = axisOf(path, values);
      if (values.length < 2 || (values.length > MOST_NAMES && 'sort' in x)) return [];
      return [
        {
          ...size,
          transform: [{ filter: `isValid(datum.d${i})` }],
          mark: { type: 'point', size: 46, strokeWidth: 1.6, opacity: 1 },
          encoding: {
            x: { field: `d${i}`, ...x },
            y,
            color: { field: 'best', type: 'nominal', scale, legend: null },
            fill: { condition: { test: "datum.best === 'best'", value: best }, value: null },
            tooltip: [
              { field: 'configuration', title: 'configuration' },
              { field: 'mean', title: `mean ${metric}`, format: '.4f' },
              { field: 'low', title: 'interval from', format: '.4f' },
              { field: 'high', title: 'to', format: '.4f' },
              { field: 'n', title: 'repeats' },
            ],
          },
        },
      ];
    });
    return { concat: panels, columns: page === 'narrow' ? 1 : 2, spacing: 28 } as ReturnType<Figure['spec']>;
  },
};
