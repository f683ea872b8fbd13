import { examples, labelOf } from '../model.ts';
import type { Report } from '../types.ts';
import { observationsOf } from '../observations.ts';
import { cutLabel, visible } from '../visible.ts';
import type { Figure, Row } from './types.ts';
import { distinct, oneLine } from './layout.ts';
import { heat } from './theme.ts';

const MOST_PANELS = 4;
/** More symbols than this cannot be told apart on the axis. */
const MOST_SYMBOLS = 60;

/** A symbol on the axis: a space must be seen. */
const symbolText = (symbol: string) => (symbol === ' ' ? '␣' : visible(symbol));

/** A row a weight: how much output i looks at input j. */
function data(report: Report): Row[] | undefined {
  const seenBy = (trialId: string) => observationsOf(report.input, trialId, 'attention').at(-1)?.data;
  const fits = (trialId: string) => {
    const { input = [], output = [] } = seenBy(trialId) ?? {};
    return input.length > 0 && output.length > 0 && Math.max(input.length, output.length) <= MOST_SYMBOLS;
  };
  const rows = examples(report, ({ trialId }) => fits(trialId), MOST_PANELS).flatMap(({ trialId, configuration }) => {
    const { input = [], output = [], weights = [] } = seenBy(trialId) ?? {};
    const panel = oneLine(labelOf(configuration, report.dimensions));
    return weights.flatMap((row, i) =>
      row.map(
        (weight, j): Row => ({
          panel,
          i,
          j,
          from: symbolText(input[j] as string),
          to: symbolText(output[i] as string),
          weight,
        }),
      ),
    );
  });
  return rows.length === 0 ? undefined : rows;
}

export const attention: Figure = {
  title: 'Attention',
  summary: 'how much each character that is written looks at each one that was read, at the end of training',
  caption: ({ input: { spec } }) =>
    'A row is a character that the network wrote, and shows how much it looked at each character that it had read; a row sums to 1.' +
    (spec.repeats === 1 ? '' : ' Of one repeat.'),
  data,
  spec(rows, _, page) {
    const panels = distinct(rows, 'panel');
    const available = page === 'narrow' ? 236 : panels.length < 2 ? 420 : 276;
    const charts = panels.map((panel) => {
      const own = rows.filter((row) => row.panel === panel);
      const size = { across: distinct(own, 'j').length, down: distinct(own, 'i').length };
      const step = Math.max(4, Math.min(26, Math.floor(available / Math.max(size.across, size.down))));
      const labels = (place: 'i' | 'j', symbol: 'from' | 'to') => {
        const symbols = distinct(own, place).map((at) => own.find((row) => row[place] === at)?.[symbol]);
        return {
          labelExpr: `${JSON.stringify(symbols)}[datum.value]`,
          labelAngle: 0,
          labelOverlap: step < 9,
          labelFontSize: step < 17 ? 10 : 11,
          ticks: false,
          labelPadding: 4,
        };
      };
      return {
        ...(panels.length < 2 ? {} : { title: { text: cutLabel(panel as string), fontSize: 13, offset: 8 } }),
        width: { step },
        height: { step },
        transform: [{ filter: { field: 'panel', equal: panel } }],
        mark: { type: 'rect' },
        encoding: {
          x: { field: 'j', type: 'ordinal', title: 'read', axis: labels('j', 'from') },
          y: { field: 'i', type: 'ordinal', title: 'written', axis: { ...labels('i', 'to'), domain: true } },
          color: {
            field: 'weight',
            type: 'quantitative',
            title: 'weight',
            scale: { domain: [0, 1], range: heat, interpolate: 'rgb' },
            legend: page === 'narrow' ? { orient: 'top', gradientLength: 160 } : { gradientLength: 120 },
          },
          tooltip: [
            { field: 'to', title: 'written' },
            { field: 'from', title: 'read' },
            { field: 'weight', title: 'weight', format: '.3f' },
            ...(cutLabel(panel as string) === panel ? [] : [{ field: 'panel', title: 'configuration' }]),
          ],
        },
      };
    });
    return { concat: charts, columns: page === 'narrow' ? 1 : 2, spacing: 32 } as ReturnType<Figure['spec']>;
  },
};
