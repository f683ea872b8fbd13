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

/** The figure of a metric between 0 and 1. */
export function byLength(metric: string): Figure {
  const name = wordsOf(metric);
  return {
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} by length`,
    summary: `mean ${name} against sequence length with its 95 % interval over repeats, one line a cell`,
    caption: ({ input: { spec } }, rows) =>
      (spec.repeats === 1
        ? 'One repeat of each configuration: no interval.'
        : `Mean of ${repeatsText(spec.repeats)} with its 95 % interval (Student’s t, clipped to 0 … 1). ` +
          'Small points: single repeats. Points of one length stand a little apart to be seen.') +
      (rows.some((row) => row['kind'] === 'mean' && isLacking(row))
        ? ' Hollow: the mean of so many repeats; the others have no number.'
        : '') +
      (rows.some(({ kind }) => kind === 'none') ? ` ${NONE}: no repeat has one.` : ''),
    data: (report) => dataOf(metric, report),
    spec(rows, report, page) {
      const lines = distinct(rows, 'line');
      const { lineTitle } = layoutBy(report, comparedDimension(report), [LENGTH]);
      const lengths = distinct(rows, 'length') as number[];
      const scaleOf = (range: unknown[]) => ({
        field: 'line',
        type: 'nominal',
        title: lineTitle,
        scale: { domain: lines, range: range.slice(0, lines.length) },
      });
      const colour = scaleOf(seriesColours(lines.length));
      const x = {
        field: 'x',
        type: 'quantitative',
        title: 'length of the sequence',
        scale: { zero: false, nice: false, padding: 14 },
        axis: { values: lengths, format: 'd' },
      };
      const y = {
        field: metric,
        type: 'quantitative',
        title: name,
        scale: { domain: [0, 1.03] },
        axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.1f' },
      };
      const legend = {
        orient: 'top',
        direction: 'horizontal',
        symbolSize: 90,
        symbolOpacity: 1,
        symbolStrokeColor: 'white',
        columnPadding: 18,
        titleOrient: 'left',
      };
      const strokeDash = {
        condition: lines.map((line, i) => ({ test: { field: 'line', equal: line }, value: dashes[i % dashes.length] })),
        value: dashes[0],
      };
      const visible = { condition: { param: 'shown', value: 1 }, value: 0.12 };
      const means = { filter: "datum.kind === 'mean'" };
      const whole = { filter: "datum.kind === 'mean' && !isValid(datum.share)" };
      const lacking = { filter: "datum.kind === 'mean' && isValid(datum.share)" };
      const none = { filter: "datum.kind === 'none'" };
      const tooltip = [
        { field: 'line', title: lineTitle },
        { field: 'length', title: 'length' },
        { field: metric, title: `mean ${name}`, format: '.4f' },
        { field: 'low', title: 'interval from', format: '.4f' },
        { field: 'high', title: 'to', format: '.4f' },
        { field: 'n', title: 'repeats' },
        { field: 'failed', title: 'failed or diverged' },
        ...wholeTip(rows),
      ];
      const beside = { type: 'text', fontSize: 10, color: ink.soft, baseline: 'top', dy: 9 };
      const shared = [
        {
          transform: [lacking],
          mark: { type: 'point', filled: false, fill: 'white', size: 85, strokeWidth: 1.8 },
          encoding: { y, shape: { ...scaleOf(shapes), legend }, opacity: visible, tooltip },
        },
        {
          transform: [lacking],
          mark: beside,
          encoding: { y, color: { value: ink.soft }, text: { field: 'share' }, opacity: visible },
        },
      ];
      const nothing = [
        {
          transform: [none],
          mark: { type: 'text', fontSize: 13, text: NONE, baseline: 'middle' },
          encoding: { y, opacity: visible },
        },
      ];
      return inPanels(distinct(rows, 'panel'), page, {
        encoding: { x, color: { ...colour, legend } },
        layer: [
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
            encoding: {
              y,
              opacity: visible,
              tooltip: [
                { field: 'line', title: lineTitle },
                { field: 'length', title: 'length' },
                { field: 'repeat', title: 'repeat' },
                { field: metric, title: name, format: '.4f' },
                ...wholeTip(rows),
              ],
            },
          },
          ...(rows.some((row) => row['kind'] === 'mean' && isLacking(row)) ? shared : []),
          {
            transform: [whole],
            mark: { type: 'point', filled: true, size: 85, stroke: 'white', strokeWidth: 1.2 },
            encoding: { y, shape: { ...scaleOf(shapes), legend }, opacity: visible, tooltip },
          },
          ...(rows.some(({ kind }) => kind === 'none') ? nothing : []),
        ],
      });
    },
  };
}
