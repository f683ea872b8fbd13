import { examples, labelOf } from '../model.ts';
import type { Report } from '../types.ts';
import { observationsOf } from '../observations.ts';
import { cell, numberCell } from '../tables.ts';
import { shortened } from '../visible.ts';
import type { Row, TableFigure } from './types.ts';

/** As many networks are shown, as many steps of each, and as many texts at each; the CSV file has all of them. */
const MOST_NETWORKS = 4;
const MOST_STEPS = 12;
const MOST_TEXTS = 10;
const LONGEST = 200;

/** A row a text of a trial that completed. The metrics are those of the evaluation at the same step. */
function data({ trials, dimensions, input }: Report): Row[] | undefined {
  const rows = trials.flatMap(({ trialId, configuration, repeat, status }) => {
    if (status !== 'completed') return [];
    const metricsAt = new Map((input.curves.get(trialId) ?? []).map(({ step, metrics }) => [step, metrics]));
    return observationsOf(input, trialId, 'samples').flatMap(({ step, data: { texts } }) =>
      texts.map(
        (text, i): Row => ({
          trial: trialId,
          configuration: labelOf(configuration, dimensions),
          repeat,
          step,
          accuracy: metricsAt.get(step)?.['accuracy'] ?? null,
          loss: metricsAt.get(step)?.['loss'] ?? null,
          sample: i + 1,
          text,
        }),
      ),
    );
  });
  return rows.length === 0 ? undefined : rows;
}

/** At most `most` of the values, evenly spread, the first and the last among them. */
function spread<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))] as T);
}

/** Table 2 of seed 002. */
export const samplesByStep: TableFigure = {
  title: 'What the networks wrote while training',
  summary: 'step, texts, accuracy and loss, as training goes on; table 2 of seed 002',
  caption: (report) =>
    (report.input.spec.repeats === 1 ? '' : 'Of each configuration, one repeat. ') +
    'Accuracy and loss are those of the evaluation at the same step. Line ends are shown as ↵.',
  data,
  table(rows, report) {
    const shown = examples(report, ({ trialId }) => rows.some(({ trial }) => trial === trialId), MOST_NETWORKS);
    const several = shown.length > 1;
    const metrics = (['accuracy', 'loss'] as const).filter((name) => rows.some((row) => row[name] !== null));
    return {
      head: [...(several ? ['configuration'] : []), 'step', 'text', ...metrics],
      rows: shown.flatMap(({ trialId }) => {
        const own = rows.filter(({ trial }) => trial === trialId);
        const steps = spread([...new Set(own.map(({ step }) => step))], MOST_STEPS);
        return steps.map((step, i) => {
          const texts = own.filter((row) => row.step === step);
          const [first] = texts;
          const written = texts.slice(0, MOST_TEXTS).map(({ text }) => ({ text: shortened(String(text), LONGEST) }));
          return [
            ...(several ? [cell(i === 0 ? String(first?.configuration) : '')] : []),
            cell(Number(step).toLocaleString('en'), { sort: Number(step) }),
            cell('', {
              written,
              ...(texts.length > written.length && { note: `and ${texts.length - written.length} more` }),
            }),
            ...metrics.map((name) => numberCell(typeof first?.[name] === 'number' ? first[name] : undefined)),
          ];
        });
      }),
    };
  },
};
