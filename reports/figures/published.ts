import { estimate, type TrialRow } from '../../core/aggregate.ts';
import { labelOf } from '../model.ts';
import type { Report } from '../types.ts';
import { cell, numberCell } from '../tables.ts';
import type { Row, TableFigure } from './types.ts';
import { distinct } from './layout.ts';

/** More configurations than these do not fit beside the published numbers. */
const MOST_CONFIGURATIONS = 4;

const METRICS = ['accuracy', 'loss'] as const;

/**
 * A row a published number and configuration, with the mean of its completed repeats that were evaluated at that very
 * step.
 */
function data({ summary, dimensions, input }: Report): Row[] | undefined {
  const { reference } = input.spec.report;
  if (reference === undefined || summary.length > MOST_CONFIGURATIONS) return undefined;
  const meanOf = (repeats: readonly TrialRow[], metric: string, step: number) => {
    const { n, mean } = estimate(
      repeats.flatMap(({ trialId, status }) =>
        status === 'completed'
          ? (input.curves.get(trialId)?.find((point) => point.step === step)?.metrics[metric] ?? [])
          : [],
      ),
    );
    return { mean: n > 0 ? mean : null, n };
  };
  return reference.points.flatMap((point) =>
    METRICS.flatMap((metric) => {
      const { step, [metric]: number } = point;
      return number === undefined
        ? []
        : summary.map(
            ({ configuration, repeats }): Row => ({
              step,
              metric,
              published: number,
              configuration: labelOf(configuration, dimensions),
              ...meanOf(repeats, metric, step),
            }),
          );
    }),
  );
}

/** What a paper printed, beside what this sweep found at the same steps. */
export const published: TableFigure = {
  title: 'Beside published numbers',
  summary: 'the numbers of report.reference, and what this sweep found at the same steps',
  caption: (report) =>
    `Published: ${report.input.spec.report.reference?.source ?? ''}. Ours: ${report.input.spec.repeats === 1 ? 'one repeat' : `mean of ${report.input.spec.repeats} repeats`}` +
    ' at the same step; – where there was no evaluation.',
  data,
  table(rows) {
    const [metrics, configurations] = [distinct(rows, 'metric'), distinct(rows, 'configuration')];
    const ours = (name: Row[string]) => (name === '' ? 'ours' : String(name));
    return {
      head: [
        'step',
        ...metrics.flatMap((metric) => [
          `${metric}, published`,
          ...configurations.map((name) => `${metric}, ${ours(name)}`),
        ]),
      ],
      rows: distinct(rows, 'step').map((step) => [
        cell(Number(step).toLocaleString('en'), { sort: Number(step) }),
        ...metrics.flatMap((metric) => {
          const own = rows.filter((row) => row['step'] === step && row['metric'] === metric);
          const number = (x: Row[string] | undefined) => (typeof x === 'number' ? numberCell(x) : cell('–'));
          return [
            number(own[0]?.['published']),
            ...configurations.map((name) => number(own.find((row) => row['configuration'] === name)?.['mean'])),
          ];
        }),
      ]),
    };
  },
};
