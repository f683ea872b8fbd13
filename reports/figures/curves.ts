/** Learning curves: a metric against the step, shared by accuracy-curves, loss-curves and objective-curves. */
import type { CurvePoint } from '../../core/results.ts';
import type { SummaryRow } from '../../core/aggregate.ts';
import { labelOf, LENGTH, ranked } from '../model.ts';
import type { Report } from '../types.ts';
import type { Figure, PageWidth, Row } from './types.ts';
import { distinct, inPanels, layoutBy, oneLine, repeatsText, wholeTip } from './layout.ts';
import { ink, ORDERED_COLOURS, orderedColours, seriesColours } from './theme.ts';

const MOST_PANELS = 12;
/** Points a line is drawn with: more are not seen at this width; curves.csv has all. */
const MOST_POINTS = 200;
/** Where configurations are too many to name: these are named, those are drawn behind them in grey. */
const BEST = 5;
const BEHIND = 95;

/** Lines are the lengths, or else the last dimension, which varies fastest; panels are all others. */
function lineDimension({ dimensions }: Report): string | undefined {
  return dimensions.includes(LENGTH) ? LENGTH : dimensions.at(-1);
}

/**
 * The mean over repeats at every step that one of them was evaluated at. A repeat that stopped early, because it had
 * solved the task, keeps its last value: without it the mean would fall as soon as the best ones stop.
 */
export function meanCurve(
  curves: readonly CurvePoint[][],
  metric: string,
): { step: number; mean: number; n: number }[] {
  const steps = [...new Set(curves.flatMap((curve) => curve.map(({ step }) => step)))].sort((a, b) => a - b);
  const passed = curves.map(() => 0); // points of each curve at or before the step
  return steps.flatMap((step) => {
    let [mean, n] = [0, 0];
    for (const [i, curve] of curves.entries()) {
      let count = passed[i] ?? 0;
      while ((curve[count]?.step ?? Infinity) <= step) count += 1;
      passed[i] = count;
      const value = curve[count - 1]?.metrics[metric];
      if (value === undefined) continue;
      n += 1;
      mean += (value - mean) / n;
    }
    return n === 0 ? [] : [{ step, mean, n }];
  });
}

/** Every k-th point and the last, so that at most about MOST_POINTS remain. */
function thinned<T>(points: T[]): T[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, i) => (i + 1) % every === 0 || i === points.length - 1);
}

/** The curve of a configuration as rows, each with what tells it from others. */
function rowsOf(metric: string, { input }: Report, { repeats }: SummaryRow, place: Row): Row[] {
  const curves = repeats
    .filter(({ status }) => status === 'completed')
    .map(({ trialId }) => input.curves.get(trialId) ?? []);
  return thinned(meanCurve(curves, metric)).map(({ step, mean, n }) => ({ ...place, step, [metric]: mean, n }));
}

/** A line a configuration in its panel; where those are too many, the best ones among the others. */
function dataOf(metric: string, report: Report): Row[] | undefined {
  const layout = layoutBy(report, lineDimension(report));
  const named = report.summary.map((row) => ({
    row,
    line: layout.line(row.configuration),
    panel: layout.panel(row.configuration),
  }));
  const few = distinct(named, 'line').length <= ORDERED_COLOURS && distinct(named, 'panel').length <= MOST_PANELS;
  const rows = few
    ? named.flatMap(({ row, line, panel }) =>
        rowsOf(metric, report, row, { panel, line, ...layout.whole(row.configuration) }),
      )
    : ranked(report)
        .slice(0, BEST + BEHIND)
        .flatMap((row, i) =>
          rowsOf(metric, report, row, { line: oneLine(labelOf(row.configuration, report.dimensions)), rank: i + 1 }),
        );
  return rows.length === 0 ? undefined : rows;
}

const line = { type: 'line', strokeWidth: 1.9 };
const visible = { condition: { param: 'shown', value: 1 }, value: 0.1 };
const params = [{ name: 'shown', select: { type: 'point', fields: ['line'] }, bind: 'legend' }];
/** Unseen, and large enough for a pointer or a finger to find. */
const touch = { type: 'point', filled: true, size: 60, opacity: 0, aria: false };

/** Numbers by size, names in order of appearance. */
const inOrder = (lines: string[]) =>
  lines.every((text) => Number.isFinite(Number(text))) ? [...lines].sort((a, b) => Number(a) - Number(b)) : lines;

function panelsOfLines(rows: Row[], lineTitle: string, tooltip: object[], page: PageWidth) {
  const lines = inOrder(distinct(rows, 'line') as string[]);
  const legend =
    page === 'narrow' ? { orient: 'top', symbolType: 'stroke', columns: 4 } : { orient: 'right', symbolType: 'stroke' };
  const color = {
    field: 'line',
    type: 'nominal',
    title: lineTitle,
    scale: { domain: lines, range: orderedColours(lines.length) },
    legend,
  };
  return {
    panels: distinct(rows, 'panel'),
    unit: {
      encoding: { color },
      layer: [
        { params, mark: line, encoding: { opacity: visible } },
        { mark: touch, encoding: { tooltip } },
      ],
    },
  };
}

function bestAmongAll(rows: Row[], tooltip: object[], page: PageWidth) {
  const lines = distinct(
    rows.filter((row) => (row['rank'] as number) <= BEST),
    'line',
  );
  const legend = {
    orient: 'bottom',
    direction: 'vertical',
    symbolType: 'stroke',
    labelLimit: page === 'narrow' ? 250 : 600,
  };
  const color = {
    field: 'line',
    type: 'nominal',
    title: 'best, in order',
    scale: { domain: lines, range: seriesColours(lines.length) },
    legend,
  };
  return {
    panels: [],
    unit: {
      layer: [
        {
          transform: [{ filter: `datum.rank > ${BEST}` }],
          mark: { type: 'line', strokeWidth: 1, color: ink.muted, opacity: 0.6 },
          encoding: { detail: { field: 'line' } },
        },
        { transform: [{ filter: `datum.rank <= ${BEST}` }], params, mark: line, encoding: { color, opacity: visible } },
        { mark: touch, encoding: { tooltip } },
      ],
    },
  };
}

interface Axis {
  title: string;
  /** Where it is not the metric's name: what the figure is of, in `sweep list figures`. */
  summary?: string;
  high?: number;
  format: string;
}

/** From zero to `high`, or else to the largest value; from the least where that is below zero. */
function domainOf(values: readonly number[], high: number | undefined): [low: number, high: number] {
  // A little air above, or lines at the top lift their panel's heading.
  const most = high ?? values.reduce((a, b) => Math.max(a, b), 0);
  const least = values.reduce((a, b) => Math.min(a, b), 0);
  return least < 0 ? [least, most + 0.03 * (most - least)] : [0, 1.03 * most];
}

/** The figure for the metric that `of` names: a sweep's own, or undefined where it does not apply. */
export function curvesFigure(of: (report: Report) => string | undefined, axis: Axis): Figure {
  return {
    title: `${axis.title} while training`,
    summary:
      axis.summary ?? `mean ${axis.title.toLowerCase()} against the training step, one line a length, a panel a cell`,
    caption: ({ input: { spec } }) =>
      (spec.repeats === 1 ? 'One repeat of each configuration.' : `Mean of ${repeatsText(spec.repeats)}.`) +
      ' A repeat that has stopped keeps its last value in the mean; diverged and failed ones are left out.',
    data(report) {
      const metric = of(report);
      return metric === undefined ? undefined : dataOf(metric, report);
    },
    spec(rows, report, page) {
      const metric = of(report) ?? '';
      const step = report.input.spec.program?.step;
      const { lineTitle } = layoutBy(report, lineDimension(report));
      const many = rows[0]?.['rank'] !== undefined;
      const tooltip = [
        { field: 'line', title: many ? 'configuration' : lineTitle },
        { field: 'step', title: step ?? 'step', format: ',' },
        { field: metric, title: `mean ${metric}`, format: '.4f' },
        { field: 'n', title: 'repeats' },
        ...wholeTip(rows),
      ];
      const { panels, unit } = many ? bestAmongAll(rows, tooltip, page) : panelsOfLines(rows, lineTitle, tooltip, page);
      const x = {
        field: 'step',
        type: 'quantitative',
        title: step ?? 'training step',
        scale: { zero: true, nice: false },
        axis: { tickCount: 5, format: ',d' },
      };
      const y = {
        field: metric,
        type: 'quantitative',
        title: metric,
        scale: {
          domain: domainOf(
            rows.map((row) => row[metric] as number),
            axis.high,
          ),
          nice: false,
        },
        axis: { tickCount: 5, format: axis.format },
      };
      return inPanels(panels, page, { ...unit, encoding: { x, y, ...('encoding' in unit ? unit.encoding : {}) } });
    },
  };
}
