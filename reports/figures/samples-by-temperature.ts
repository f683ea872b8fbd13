import { estimate, metricNames, type SummaryRow } from '../../core/aggregate.ts';
import type { TrialSamples } from '../../core/results.ts';
import { examples, labelOf, wordsOf } from '../model.ts';
import type { Report } from '../types.ts';
import { cell, numberCell } from '../tables.ts';
import { shortened } from '../visible.ts';
import type { Row, TableFigure } from './types.ts';

/**
 * As many networks are shown, as many texts of a temperature (of each and of all), and as much of a text; the CSV file
 * has all.
 */
const MOST_NETWORKS = 4;
const MOST_TEXTS = { ofEach: 5, ofAll: 10 };
const LONGEST = 200;

type Temperature = number | 'greedy';

/** A row a text of a trial that completed, with the metrics of all that its network wrote at that temperature. */
function data({ trials, dimensions, input }: Report): Row[] | undefined {
  const rows = trials.flatMap(({ trialId, configuration, repeat }) => {
    const { samples = [], metrics = [] } = input.samples.get(trialId) ?? {};
    return samples.map(
      ({ temperature, length, prompt, text }): Row => ({
        trial: trialId,
        configuration: labelOf(configuration, dimensions),
        repeat,
        temperature,
        length,
        prompt,
        text,
        ...metrics.find((one) => one.temperature === temperature)?.metrics,
      }),
    );
  });
  return rows.length === 0 ? undefined : rows;
}

/** Of the samples at one temperature, as many as are shown: of each prompt one, before another of the first. */
function chosen({ samples }: TrialSamples, temperature: Temperature, most: number) {
  const own = samples.filter((sample) => sample.temperature === temperature);
  const seen = new Map<string, number>();
  const turns = own.map((sample) => {
    const turn = seen.get(sample.prompt) ?? 0;
    seen.set(sample.prompt, turn + 1);
    return { sample, turn };
  });
  return {
    all: own.length,
    shown: turns
      .sort((a, b) => a.turn - b.turn)
      .slice(0, most)
      .map(({ sample }) => sample),
  };
}

/** The means of what the repeats of a configuration measured at one temperature. */
function meansOf({ input }: Report, { repeats }: SummaryRow, temperature: Temperature) {
  const found = repeats.flatMap(
    ({ trialId }) => input.samples.get(trialId)?.metrics.filter((one) => one.temperature === temperature) ?? [],
  );
  return (name: string) => {
    const values = found.flatMap(({ metrics }) => metrics[name] ?? []);
    return values.length === 0 ? undefined : estimate(values).mean;
  };
}

export const samplesByTemperature: TableFigure = {
  title: 'What the trained networks write',
  summary:
    'texts that one trained network writes greedily and at each temperature, and what tells them apart in numbers',
  caption: (report) =>
    'A network writes at all temperatures with the same weights. Before an arrow: the prompt. Line ends are shown as ↵. ' +
    (report.input.spec.repeats === 1
      ? 'Numbers are of all texts at that temperature.'
      : 'Texts are of one repeat; numbers are of all texts at that temperature, as means over repeats.'),
  data,
  table(_, report) {
    const { samples } = report.input;
    const shown = examples(report, ({ trialId }) => (samples.get(trialId)?.samples.length ?? 0) > 0, MOST_NETWORKS);
    const several = shown.length > 1;
    const most = Math.min(MOST_TEXTS.ofEach, Math.floor(MOST_TEXTS.ofAll / shown.length));
    const names = metricNames([...samples.values()].flatMap((one) => one.metrics.map(({ metrics }) => metrics)));
    return {
      head: [...(several ? ['configuration'] : []), 'temperature', 'text', ...names.map(wordsOf)],
      rows: shown.flatMap((trial) => {
        const own = samples.get(trial.trialId) as TrialSamples;
        const row = report.summary.find(({ repeats }) => repeats.includes(trial)) as SummaryRow;
        return [...new Set(own.samples.map(({ temperature }) => temperature))].map((temperature, i) => {
          const { all, shown: texts } = chosen(own, temperature, most);
          const written = texts.map(({ prompt, text }) => ({
            text: shortened(text, LONGEST),
            ...(prompt !== '' && { prompt }),
          }));
          const mean = meansOf(report, row, temperature);
          return [
            ...(several ? [cell(i === 0 ? labelOf(trial.configuration, report.dimensions) : '')] : []),
            cell(String(temperature), { sort: temperature === 'greedy' ? 0 : temperature }),
            cell('', { written, ...(all > texts.length && { note: `and ${all - texts.length} more` }) }),
            ...names.map((name) => numberCell(mean(name))),
          ];
        });
      }),
    };
  },
};
