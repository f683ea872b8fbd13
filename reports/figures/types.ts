/** What a figure is: what it shows, as rows; then how that looks, as a picture or as a table. */
import type { TopLevelSpec } from 'vega-lite';
import type { Table } from '../tables.ts';
import type { Report } from '../types.ts';

/** A flat row, as vega reads it. */
export type Row = Record<string, string | number | null>;

/** How wide the page is that a figure stands on: paper and screens, or a phone. */
export type PageWidth = 'wide' | 'narrow';

/** A vega-lite spec without its data, which is the rows. */
export type FigureSpec = Omit<TopLevelSpec, 'data' | 'config'>;

interface Shown {
  title: string;
  /** One line, for `sweep list figures`. */
  summary: string;
  /** What to know when reading it; stands under the figure. */
  caption(report: Report, rows: Row[]): string;
  /** Undefined where the figure does not apply to the sweep. */
  data(report: Report): Row[] | undefined;
}

/** A picture: figures/<name>.svg, .png, and .vl.json with the rows. */
export interface Figure extends Shown {
  /** Mentions nothing that is not in the rows, but for names and titles. */
  spec(rows: Row[], report: Report, page: PageWidth): FigureSpec;
}

/** A table: what a person reads of the rows; all of them are in figures/<name>.csv. */
export interface TableFigure extends Shown {
  table(rows: Row[], report: Report): Table;
}
