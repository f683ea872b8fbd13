import type { SummaryRow } from '../../core/aggregate.ts';
import { labelOf } from '../model.ts';
import type { Report } from '../types.ts';
import { observationsOf } from '../observations.ts';
import { cell, type TableCell } from '../tables.ts';
import { endText, flowsOf, geometricMean, WHEN } from './gradient-flow.ts';
import type { Row, TableFigure } from './types.ts';

/** A row a trial, layer and look: the norm at the first and at the last time step, and that over all weights. */
function data(report: Report): Row[] | undefined {
  const rows = report.trials.flatMap((trial) => {
    const seen = observationsOf(report.input, trial.trialId, 'gradient-flow');
    return flowsOf(report, trial).map(({ layer, when, norms }): Row => {
      const [first, last] = [norms[0] ?? null, norms.at(-1) ?? null];
      return {
        trial: trial.trialId,
        configuration: labelOf(trial.configuration, report.dimensions),
        repeat: trial.repeat,
        status: trial.status,
        steps: trial.steps ?? null,
        layer,
        training: when,
        first,
        last,
        weights: (when === 'start' ? seen[0] : seen.at(-1))?.data.norm ?? null,
      };
    });
  });
  return rows.length === 0 ? undefined : rows;
}

/** Two digits, as '0.85' or, of what is far from 1, as '2.1e-7'. */
const power = (x: number): TableCell =>
  cell(x === 0 || (x >= 0.01 && x < 1000) ? String(Number(x.toPrecision(2))) : x.toExponential(1).replace('e+', 'e'), {
    sort: x,
  });

/** Of the repeats: the geometric mean of what is finite and above zero, or the zero that they share. */
function meanCell(values: (number | null)[]): TableCell {
  const known = values.filter((x) => x !== null);
  const positive = known.filter((x) => x > 0);
  if (positive.length > 0) return power(geometricMean(positive));
  return known.length > 0 ? power(0) : cell(values.length > 0 ? 'not finite' : '–');
}

/** How much of the gradient at the last time step is left at the first. */
const shareOf = ({ first, last }: Row): number | null =>
  typeof first === 'number' && typeof last === 'number' && last > 0 ? first / last : null;

function divergedCell({ repeats }: SummaryRow): TableCell {
  const steps = repeats
    .flatMap(({ status, steps }) => (status === 'diverged' ? [steps ?? 0] : []))
    .sort((a, b) => a - b);
  return steps.length === 0
    ? cell('')
    : cell(`${steps.length} of ${repeats.length}, at step ${steps.join(', ')}`, { bad: true });
}

/** Vanishing and exploding gradients in numbers: seed 000 questions B and D, seed 003 problem 2. */
export const gradientTable: TableFigure = {
  title: 'Vanishing and exploding gradients',
  summary:
    'how much of the last time step’s gradient is left at the first, and the norm over all weights, before and after training',
  caption: (report) =>
    'Left: ‖∂L/∂h(1)‖ / ‖∂L/∂h(T)‖, below 1 where the gradient vanishes on its way back, above where it explodes. ' +
    'Norm: ‖∂L/∂θ‖ over all weights, before any clipping.' +
    (report.input.spec.repeats === 1 ? '' : ' Geometric means over repeats.') +
    endText(report),
  data,
  table(rows, report) {
    const layers = [...new Set(rows.map(({ layer }) => Number(layer)))].sort((a, b) => a - b);
    const diverged = report.trials.some(({ status }) => status === 'diverged');
    const named = report.dimensions.length > 0;
    const looks = WHEN.filter((when) => rows.some(({ training }) => training === when));
    return {
      head: [
        ...(named ? ['configuration'] : []),
        ...(layers.length > 1 ? ['layer'] : []),
        ...looks.flatMap((when) => [`left, ${when}`, `norm, ${when}`]),
        ...(diverged ? ['diverged'] : []),
      ],
      rows: report.summary.flatMap((row) => {
        const ids = new Set<unknown>(row.repeats.map(({ trialId }) => trialId));
        const own = rows.filter(({ trial }) => ids.has(trial));
        return layers.flatMap((layer, i): TableCell[][] => {
          const at = (when: string) => own.filter((one) => one['layer'] === layer && one['training'] === when);
          if (own.length === 0) return [];
          const cells = looks.flatMap((when) => [
            meanCell(at(when).map(shareOf)),
            i === 0
              ? meanCell(at(when).map(({ weights }) => (typeof weights === 'number' ? weights : null)))
              : cell(''),
          ]);
          return [
            [
              ...(named ? [cell(i === 0 ? labelOf(row.configuration, report.dimensions) : '')] : []),
              ...(layers.length > 1 ? [cell(String(layer), { sort: layer })] : []),
              ...cells,
              ...(diverged ? [i === 0 ? divergedCell(row) : cell('')] : []),
            ],
          ];
        });
      }),
    };
  },
};
