/**
 * Registry of figures: one file each. A figure is two functions: what it shows, as rows; then how that looks, as a
 * picture or as a table. A new figure is a new file and a line here; the contract test draws it, and `sweep list
 * figures` shows it.
 */
import { UserError } from '../../core/errors.ts';
import type { Report } from '../types.ts';
import { accuracyByLength } from './accuracy-by-length.ts';
import { accuracyCurves } from './accuracy-curves.ts';
import { attention } from './attention.ts';
import { exactMatchByLength } from './exact-match-by-length.ts';
import { gate } from './gate.ts';
import { gateTable } from './gate-table.ts';
import { gradientFlow } from './gradient-flow.ts';
import { gradientTable } from './gradient-table.ts';
import { heatmap } from './heatmap.ts';
import { lossCurves } from './loss-curves.ts';
import { metricByDimension } from './metric-by-dimension.ts';
import { objectiveCurves } from './objective-curves.ts';
import { parallelCoordinates } from './parallel-coordinates.ts';
import { published } from './published.ts';
import { samplesByStep } from './samples-by-step.ts';
import { samplesByTemperature } from './samples-by-temperature.ts';
import { timeline } from './timeline.ts';
import type { Figure, Row, TableFigure } from './types.ts';

export type * from './types.ts';

export const isTable = (figure: Figure | TableFigure): figure is TableFigure => 'table' in figure;

export const figures = {
  'accuracy-by-length': accuracyByLength,
  'exact-match-by-length': exactMatchByLength,
  'accuracy-curves': accuracyCurves,
  'loss-curves': lossCurves,
  'objective-curves': objectiveCurves,
  'metric-by-dimension': metricByDimension,
  heatmap,
  'parallel-coordinates': parallelCoordinates,
  published,
  'samples-by-step': samplesByStep,
  'samples-by-temperature': samplesByTemperature,
  attention,
  'gradient-flow': gradientFlow,
  'gradient-table': gradientTable,
  gate,
  'gate-table': gateTable,
  timeline,
} satisfies Record<string, Figure | TableFigure>;
export type FigureName = keyof typeof figures;

/** Drawn by default only where none of the others applies: it shows the same, less clearly. */
const insteadOf: Partial<Record<FigureName, FigureName[]>> = {
  'metric-by-dimension': ['accuracy-by-length', 'heatmap'],
};

export interface Drawing {
  name: FigureName;
  figure: Figure | TableFigure;
  rows: Row[];
}

/**
 * The figures that the spec asks for, or all; those that do not apply are left out. Throws a UserError on an unknown
 * name.
 */
export function chooseFigures(report: Report): Drawing[] {
  const asked = report.input.spec.report.figures;
  const unknown = asked?.find((name) => !Object.hasOwn(figures, name));
  if (unknown !== undefined)
    throw new UserError(`report.figures: "${unknown}" is no figure; allowed: ${Object.keys(figures).join(', ')}`, 2);
  const names = (asked ?? Object.keys(figures)) as FigureName[];
  return names.flatMap((name) => {
    const figure: Figure | TableFigure = figures[name];
    const better = asked === undefined ? (insteadOf[name] ?? []) : [];
    const rows = better.some((other) => figures[other].data(report) !== undefined) ? undefined : figure.data(report);
    return rows === undefined ? [] : [{ name, figure, rows }];
  });
}
