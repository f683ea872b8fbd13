/** How a figure spreads the dimensions over an axis, lines and panels. */
import { metricOf } from '../../core/metrics.ts';
import type { Configuration } from '../../core/search/index.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { labelOf, LENGTH, textOf, wordsOf } from '../model.ts';
import type { Report } from '../types.ts';
import { cutLabels, oneLine } from '../visible.ts';
import type { FigureSpec, PageWidth, Row } from './types.ts';

const CELL = 'model.cell';

export interface Layout {
  /** What the lines are: 'cell', 'length', …; for the legend. */
  lineTitle: string;
  /** The line and the panel that a configuration belongs to. */
  line(configuration: Configuration): string;
  panel(configuration: Configuration): string;
  /** The configuration in full, where its line or panel is cut; for `wholeTip`. */
  whole(configuration: Configuration): Row;
}

/** So many lines can be told apart in a panel, if there is a choice. */
const MOST_LINES = 6;

/**
 * Lines follow one dimension, with those that apply to some of its values alone (the GRU with a bias and without one)
 * where these are few; panels follow all others but those that the figure shows otherwise. Without dimensions: the
 * cell's one line.
 */
export function layoutBy(report: Report, linePath: string | undefined, elsewhere: string[] = []): Layout {
  const { spec } = report.input;
  const own = report.dimensions.filter(
    (path) => linePath !== undefined && Object.keys(spec.space[path]?.when ?? {}).join() === linePath,
  );
  const lineOf = (paths: string[]) => (configuration: Configuration) => oneLine(labelOf(configuration, paths));
  const few =
    new Set(report.summary.map(({ configuration }) => lineOf([linePath ?? CELL, ...own])(configuration))).size <=
    MOST_LINES;
  const along = few ? own : [];
  const panels = report.dimensions.filter(
    (path) => path !== linePath && !along.includes(path) && !elsewhere.includes(path),
  );
  const line =
    along.length > 0
      ? lineOf([linePath as string, ...along])
      : (configuration: Configuration) =>
          oneLine(linePath === undefined ? (spec.model?.cell ?? 'all') : textOf(configuration[linePath]));
  const [cutLine, cutPanel] = [line, lineOf(panels)].map((labelled) => {
    const cut = cutLabels(report.summary.map(({ configuration }) => labelled(configuration)));
    const of = (configuration: Configuration) => cut(labelled(configuration));
    return { of, isCut: (configuration: Configuration) => of(configuration) !== labelled(configuration) };
  }) as [Cut, Cut];
  return {
    lineTitle: [linePath ?? CELL, ...along].map(wordsOf).join(', '),
    line: cutLine.of,
    panel: cutPanel.of,
    whole: (configuration): Row =>
      cutLine.isCut(configuration) || cutPanel.isCut(configuration)
        ? { whole: oneLine(labelOf(configuration, report.dimensions)) }
        : {},
  };
}

interface Cut {
  of(configuration: Configuration): string;
  isCut(configuration: Configuration): boolean;
}

/** What a tooltip says of labels that are cut. */
export const wholeTip = (rows: readonly Row[]): object[] =>
  rows.some(({ whole }) => whole !== undefined) ? [{ field: 'whole', title: 'configuration' }] : [];

/** Labels go into vega's expressions, whose grammar has no U+2028, and onto one line of the picture. */
export { oneLine };

/** The dimension that lines compare when length is on the axis: the cell, or else the first other one. */
export function comparedDimension({ dimensions }: Report): string | undefined {
  return dimensions.find((path) => path === CELL) ?? dimensions.find((path) => path !== LENGTH);
}

/** Distinct values of a column, in order of appearance. */
export function distinct<R, K extends keyof R>(rows: readonly R[], column: K): R[K][] {
  return [...new Set(rows.map((row) => row[column]))];
}

/** One panel for each value of the column `panel`, side by side where there is room; a single one needs no heading. */
export function inPanels(panels: unknown[], page: PageWidth, unit: object, given?: object): FigureSpec {
  const single = panels.length < 2;
  const usual =
    page === 'narrow'
      ? { width: 258, height: 210 }
      : single
        ? { width: 660, height: 340 }
        : { width: 302, height: 236 };
  const size = given ?? usual;
  const columns = page === 'narrow' ? 1 : 2;
  const header = { title: null };
  const spec = single
    ? { ...size, ...unit }
    : {
        facet: { field: 'panel', type: 'nominal', sort: panels, header },
        columns,
        spacing: 28,
        spec: { ...size, ...unit },
        // Shared axes stand below the last row alone, which may leave a column without one.
        ...(columns === 1 || panels.length % columns > 0 ? { resolve: { axis: { x: 'independent' } } } : {}),
      };
  return spec as FigureSpec;
}

/** Part of a caption, where configurations are drawn in grey. */
export const GREY = ' Grey: not every repeat has a number; the mean is of those that have.';

export const repeatsText = (n: number) => (n === 1 ? 'one repeat' : `${n} repeats`);

/**
 * So much of a metric's range, or of the best value, a scale of colours spans at least: what differs by less looks
 * alike.
 */
const LEAST_SPAN = 0.2;

/** The ends of the values, or further apart on the side of the worse ones: where all are good, none looks bad. */
export function objectiveSpan(
  { objective: { metric, goal }, program }: Pick<SweepSpec, 'objective' | 'program'>,
  values: number[],
): [low: number, high: number] {
  const [least, most] = metricOf(metric, program?.metrics).range;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const up = goal === 'maximize';
  const span = LEAST_SPAN * (Number.isFinite(most - least) ? most - least : Math.abs(up ? high : low) || 1);
  return up ? [Math.min(low, high - span), high] : [low, Math.max(high, low + span)];
}
