/**
 * A metric against the length of the sequence, with its interval: shared by accuracy-by-length and
 * exact-match-by-length.
 */
import { isWhole } from '../../core/standing.ts';
import { LENGTH, wordsOf } from '../model.ts';
import type { Report } from '../types.ts';
import type { Figure, Row } from './types.ts';
import { comparedDimension, distinct, inPanels, layoutBy, repeatsText, wholeTip } from './layout.ts';
import { dashes, ink, series, seriesColours, shapes } from './theme.ts';

/** More panels than this cannot be taken in; more lines than there are colours cannot be told apart. */
const MOST_PANELS = 12;

/**
 * Rows of three kinds: the 'mean' of a configuration with its interval, each 'repeat' in it, and 'none' where no repeat
 * has a number. `share` is what the mean is of, where that is not all repeats. `x` is the length, moved aside for its
 * line.
 */
function dataOf(metric: string, report: Report): Row[] | undefined {
  if (!report.dimensions.includes(LENGTH)) return undefined;
  const layout = layoutBy(report, comparedDimension(report), [LENGTH]);
  const rows = report.summary.flatMap((row): Row[] => {
    const { configuration, repeats, metrics, n, failed } = row;
    const estimate = metrics[metric];
    const length = configuration[LENGTH];
    if (typeof length !== 'number') return [];
    const place = {
      panel: layout.panel(configuration),
      line: layout.line(configuration),
      length,
      ...layout.whole(configuration),
    };
    const share = isWhole(row, metric) ? null : `${estimate?.n ?? 0}/${repeats.length}`;
    if (estimate === undefined)
      return failed === repeats.length ? [{ kind: 'none', ...place, [metric]: 0, share, n, failed }] : [];
    return [
      {
        kind: 'mean',
        ...place,
        [metric]: estimate.mean,
        low: estimate.low ?? null,
        high: estimate.high ?? null,
        share,
        n,
        failed,
      },
      ...repeats.flatMap((trial): Row[] => {
        const value = trial.metrics[metric];
        return value === undefined ? [] : [{ kind: 'repeat', ...place, [metric]: value, repeat: trial.repeat }];
      }),
    ];
  });
  const lines = distinct(rows, 'line');
  if (
    !rows.some(({ kind }) => kind === 'mean') ||
    lines.length > series.length ||
    distinct(rows, 'panel').length > MOST_PANELS
  )
    return undefined;
  const apart = spacing(
    rows.map((row) => row['length'] as number),
    lines.length,
  );
  return rows.map((row) => ({
    ...row,
    x: round((row['length'] as number) + apart * (lines.indexOf(row['line'] as string) - (lines.length - 1) / 2)),
  }));
}

const isLacking = ({ share }: Row) => share !== null && share !== undefined;
const NONE = '✕';

/**
 * How far apart the lines' intervals stand at one length: seen, and all of them within 30 % of the gap between two
 * lengths.
 */
function spacing(lengths: number[], lines: number): number {
  const sorted = [...new Set(lengths)].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((length, i) => length - (sorted[i] as number));
  const span = gaps.reduce((sum, gap) => sum + gap, 0) || 1;
  return Math.min(0.016 * span, ...gaps.map((gap) => (0.3 * gap) / lines));
}

const round = (x: number) => Number(x.toFixed(4));

const visible = { condition: { param: 'shown', value: 1 }, value: 0.12 };
const when = (test: string) => [{ filter: `datum.kind === 'mean' && ${test}` }];

/** How lines are told apart, the legend among it; the same for every layer. */
function channelsOf(rows: Row[], report: Report) {
  const lines = distinct(rows, 'line');
  const { lineTitle } = layoutBy(report, comparedDimension(report), [LENGTH]);
  const legend = {
    orient: 'top',
    direction: 'horizontal',
    symbolSize: 90,
    symbolOpacity: 1,
    symbolStrokeColor: 'white',
    columnPadding: 18,
    titleOrient: 'left',
  };
  const scaleOf = (range: unknown[]) => ({
    field: 'line',
    type: 'nominal',
    title: lineTitle,
    scale: { domain: lines, range: range.slice(0, lines.length) },
    legend,
  });
  const strokeDash = {
    condition: lines.map((line, i) => ({ test: { field: 'line', equal: line }, value: dashes[i % dashes.length] })),
    value: dashes[0],
  };
  return { lineTitle, color: scaleOf(seriesColours(lines.length)), shape: scaleOf(shapes), strokeDash };
}

const xOf = (rows: Row[]) => ({
  field: 'x',
  type: 'quantitative',
  title: 'length of the sequence',
  scale: { zero: false, nice: false, padding: 14 },
  axis: { values: distinct(rows, 'length'), format: 'd' },
});
const yOf = (metric: string) => ({
  field: metric,
  type: 'quantitative',
  title: wordsOf(metric),
  scale: { domain: [0, 1.03] },
  axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.1f' },
});

/** What is said of a mean, and of a single repeat. */
function tooltipsOf(metric: string, lineTitle: string, rows: Row[]) {
  const name = wordsOf(metric);
  const place = [
    { field: 'line', title: lineTitle },
    { field: 'length', title: 'length' },
  ];
  const mean = [
    { field: metric, title: `mean ${name}`, format: '.4f' },
    { field: 'low', title: 'interval from', format: '.4f' },
    { field: 'high', title: 'to', format: '.4f' },
    { field: 'n', title: 'repeats' },
    { field: 'failed', title: 'failed or diverged' },
  ];
  const repeat = [
    { field: 'repeat', title: 'repeat' },
    { field: metric, title: name, format: '.4f' },
  ];
  return { mean: [...place, ...mean, ...wholeTip(rows)], repeat: [...place, ...repeat, ...wholeTip(rows)] };
}

/** Means of some repeats only: hollow, and beside them of how many. */
const layersOfSome = (y: object, shape: object, tooltip: object[]) => [
  {
    transform: when('isValid(datum.share)'),
    mark: { type: 'point', filled: false, fill: 'white', size: 85, strokeWidth: 1.8 },
    encoding: { y, shape, opacity: visible, tooltip },
  },
  {
    transform: when('isValid(datum.share)'),
    mark: { type: 'text', fontSize: 10, color: ink.soft, baseline: 'top', dy: 9 },
    encoding: { y, color: { value: ink.soft }, text: { field: 'share' }, opacity: visible },
  },
];
const layerOfNone = (y: object) => ({
  transform: [{ filter: "datum.kind === 'none'" }],
  mark: { type: 'text', fontSize: 13, text: NONE, baseline: 'middle' },
  encoding: { y, opacity: visible },
});

function layersOf(metric: string, rows: Row[], { lineTitle, shape, strokeDash }: ReturnType<typeof channelsOf>) {
  const y = yOf(metric);
  const tooltips = tooltipsOf(metric, lineTitle, rows);
  const means = { filter: "datum.kind === 'mean'" };
  return [
    {
      transform: [means, { filter: 'isValid(datum.low)' }],
      mark: { type: 'errorbar', ticks: { size: 7 }, rule: { strokeWidth: 1.3 } },
      encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' }, opacity: visible },
    },
    {
      params: [{ name: 'shown', select: { type: 'point', fields: ['line'] }, bind: 'legend' }],
      transform: [means],
      mark: { type: 'line', strokeWidth: 2.2 },
      encoding: { y, strokeDash, opacity: visible },
    },
    {
      transform: [{ filter: "datum.kind === 'repeat'" }],
      mark: { type: 'point', filled: false, fill: 'white', size: 20, strokeWidth: 1.2 },
      encoding: { y, opacity: visible, tooltip: tooltips.repeat },
    },
    ...(rows.some((row) => row['kind'] === 'mean' && isLacking(row)) ? layersOfSome(y, shape, tooltips.mean) : []),
    {
      transform: when('!isValid(datum.share)'),
      mark: { type: 'point', filled: true, size: 85, stroke: 'white', strokeWidth: 1.2 },
      encoding: { y, shape, opacity: visible, tooltip: tooltips.mean },
    },
    ...(rows.some(({ kind }) => kind === 'none') ? [layerOfNone(y)] : []),
  ];
}

function captionOf({ input: { spec } }: Report, rows: Row[]): string {
  const mean =
    spec.repeats === 1
      ? 'One repeat of each configuration: no interval.'
      : `Mean of ${repeatsText(spec.repeats)} with its 95 % interval (Student’s t, clipped to 0 … 1). ` +
        'Small points: single repeats. Points of one length stand a little apart to be seen.';
  const some = rows.some((row) => row['kind'] === 'mean' && isLacking(row))
    ? ' Hollow: the mean of so many repeats; the others have no number.'
    : '';
  return `${mean}${some}${rows.some(({ kind }) => kind === 'none') ? ` ${NONE}: no repeat has one.` : ''}`;
}

/** The figure of a metric between 0 and 1. */
export function byLength(metric: string): Figure {
  const name = wordsOf(metric);
  return {
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} by length`,
    summary: `mean ${name} against sequence length with its 95 % interval over repeats, one line a cell`,
    caption: captionOf,
    data: (report) => dataOf(metric, report),
    spec(rows, report, page) {
      const channels = channelsOf(rows, report);
      const encoding = { x: xOf(rows), color: channels.color };
      return inPanels(distinct(rows, 'panel'), page, { encoding, layer: layersOf(metric, rows, channels) });
    },
  };
}
