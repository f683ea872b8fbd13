import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { CurvePoint } from '../core/results.ts';

/** `metrics.csv`: step, then one column a metric in order of name; one row an evaluation. */
export function encodeCurve(curve: CurvePoint[]): string {
  const names = [...new Set(curve.flatMap((point) => Object.keys(point.metrics)))].sort();
  return stringify([
    ['step', ...names],
    ...curve.map((point) => [point.step, ...names.map((name) => point.metrics[name])]),
  ]);
}

export function decodeCurve(text: string): CurvePoint[] {
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  return rows.map(({ step, ...rest }) => ({
    step: Number(step),
    metrics: Object.fromEntries(
      Object.entries(rest)
        .filter(([, v]) => v !== '')
        .map(([name, v]) => [name, Number(v)]),
    ),
  }));
}
