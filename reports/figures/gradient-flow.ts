import type { TrialRow } from '../../core/aggregate.ts';
import { observationsOf } from '../observations.ts';
import { examples, labelOf, LENGTH } from '../model.ts';
import type { Report } from '../types.ts';
import type { Figure, FigureSpec, Row } from './types.ts';
import { comparedDimension, distinct, inPanels, layoutBy, oneLine, wholeTip, type Layout } from './layout.ts';
import { dashes, ORDERED_COLOURS, orderedColours, series, seriesColours } from './theme.ts';

const MOST_PANELS = 12;
/** Where configurations are too many for panels, as many lines. */
const BEST = 6;
const BEST_TITLE = 'best';
export const WHEN = ['start', 'end'] as const;
type When = (typeof WHEN)[number];

/** A gradient's norms over time in one layer, of one trial. */
interface Flow {
  layer: number;
  when: When;
  norms: (number | null)[];
}

/** What was seen first and last; once only, where training ended before a second look or diverged. */
export function flowsOf({ input }: Report, { trialId, status }: TrialRow): Flow[] {
  const seen = observationsOf(input, trialId, 'gradient-flow');
  const [first, last] = [seen[0], seen.length > 1 && status !== 'diverged' ? seen.at(-1) : undefined];
  return WHEN.flatMap((when) =>
    ((when === 'start' ? first : last)?.data.layers ?? []).map((norms, i) => ({ layer: i + 1, when, norms })),
  );
}

/** Part of a caption: which trials the end of training is that of, where some have none. */
export const endText = ({ trials }: Report) =>
  trials.some(({ status }) => status === 'diverged')
    ? ' The end of training is that of trials that did not diverge.'
    : '';

/** exp of the mean logarithm: what is drawn on a logarithmic axis is averaged on it. */
export const geometricMean = (values: number[]) =>
  Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);

/**
 * One line: a layer of a configuration at one time, averaged over its repeats. Zero has no logarithm and overflow no
 * value: the line has a gap there, and a value between two gaps is `alone`.
 */
function lineOf(flows: Flow[], place: Row): Row[] {
  const steps = Math.max(...flows.map(({ norms }) => norms.length));
  const known = Array.from({ length: steps }, (_, i) =>
    flows.map(({ norms }) => norms[i]).filter((x): x is number => typeof x === 'number' && x > 0),
  );
  const isGap = (i: number) => (known[i] ?? []).length === 0;
  return known.map((values, i) => ({
    ...place,
    t: i + 1,
    norm: isGap(i) ? null : Number(geometricMean(values).toPrecision(6)),
    n: values.length,
    ...(!isGap(i) && isGap(i - 1) && isGap(i + 1) && { alone: 'yes' }),
  }));
}

function rowsBy(report: Report, layout: Layout, summary = report.summary): Row[] {
  return summary.flatMap(({ configuration, repeats }) => {
    const flows = repeats.flatMap((trial) => flowsOf(report, trial));
    const layers = distinct(flows, 'layer').sort((a, b) => a - b);
    return layers.flatMap((layer) => {
      const panel = [layout.panel(configuration), layers.length > 1 ? `layer ${layer}` : '']
        .filter((part) => part !== '')
        .join(', ');
      return WHEN.flatMap((when) => {
        const own = flows.filter((flow) => flow.layer === layer && flow.when === when);
        return own.length === 0
          ? []
          : lineOf(own, { panel, line: layout.line(configuration), when, ...layout.whole(configuration) });
      });
    });
  });
}

/** Lines compare cells, or else lengths, whichever can be taken in; or else they are the best configurations. */
function layoutOf(report: Report): { layout: Layout; rows: Row[] } | undefined {
  const candidates = [...new Set([comparedDimension(report), LENGTH])].filter(
    (path) => path === undefined || report.dimensions.includes(path),
  );
  for (const path of candidates) {
    const layout = layoutBy(report, path);
    const rows = rowsBy(report, layout);
    const lines = distinct(rows, 'line').length;
    const drawable = rows.some(({ norm }) => norm !== null);
    if (
      drawable &&
      lines <= (path === LENGTH ? ORDERED_COLOURS : series.length) &&
      distinct(rows, 'panel').length <= MOST_PANELS
    )
      return { layout, rows };
  }
  const layout: Layout = {
    lineTitle: BEST_TITLE,
    line: (configuration) => oneLine(labelOf(configuration, report.dimensions)),
    panel: () => '',
    whole: () => ({}),
  };
  const best = examples(report, (trial) => flowsOf(report, trial).length > 0, BEST);
  const rows = rowsBy(
    report,
    layout,
    best.flatMap((trial) => report.summary.find(({ repeats }) => repeats.includes(trial)) ?? []),
  );
  return rows.some(({ norm }) => norm !== null) ? { layout, rows } : undefined;
}

/** Powers of ten, few enough to be read; within three decades, their doubles and quintuples too. */
export function ticksBetween(low: number, high: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const every = Math.max(1, Math.ceil((to - from) / 7));
  const first = Math.ceil(from / every);
  const decades = Array.from({ length: Math.floor(to / every) - first + 1 }, (_, i) => (first + i) * every);
  return decades.flatMap((digits) => (to - from > 3 ? [1] : [1, 2, 5]).map((k) => Number(`${k}e${digits}`)));
}

export const gradientFlow: Figure = {
  title: 'Gradient flow',
  summary: 'norm of the gradient that reaches each time step, at the start and at the end of training',
  caption: (report) =>
    '‖∂L/∂h(t)‖ on its way back from the last time step (right) to the first (left); L is the loss of one example, ' +
    'the norm a mean over a batch' +
    `${report.input.spec.repeats === 1 ? '' : ', the line a geometric mean over repeats'}. Where a line stops, the gradient is zero or not finite.` +
    endText(report),
  data: (report) => layoutOf(report)?.rows,
  spec(rows, report, page) {
    const { lineTitle } = layoutOf(report)?.layout ?? layoutBy(report, undefined);
    const lines = distinct(rows, 'line') as string[];
    const range =
      lines.length <= series.length && lineTitle !== 'length'
        ? seriesColours(lines.length)
        : orderedColours(lines.length);
    const columns = lineTitle === BEST_TITLE ? 1 : page === 'narrow' ? 2 : 8;
    const legend = {
      orient: 'top',
      symbolType: 'stroke',
      titleOrient: 'left',
      columns,
      labelLimit: page === 'narrow' ? 210 : 560,
    };
    const color = { field: 'line', type: 'nominal', title: lineTitle, scale: { domain: lines, range }, legend };
    const strokeDash = {
      field: 'when',
      type: 'nominal',
      title: 'training',
      scale: { domain: [...WHEN], range: [dashes[2], dashes[0]] },
      legend,
    };
    const norms = rows.flatMap(({ norm }) => (typeof norm === 'number' ? [norm] : []));
    const axis = {
      values: ticksBetween(Math.min(...norms), Math.max(...norms)),
      format: '~e',
      labelExpr: "replace(datum.label, '+', '')",
    };
    const x = {
      field: 't',
      type: 'quantitative',
      title: 'time step t',
      scale: { zero: false, nice: false },
      axis: { tickMinStep: 1, tickCount: 6, format: 'd' },
    };
    const y = {
      field: 'norm',
      type: 'quantitative',
      title: '‖∂L/∂h(t)‖',
      scale: { type: 'log', nice: false, padding: 6 },
      axis,
    };
    const tooltip = [
      { field: 'line', title: lineTitle },
      { field: 'when', title: 'training' },
      { field: 't', title: 't' },
      { field: 'norm', title: 'norm', format: '.3~e' },
      { field: 'n', title: 'repeats' },
      ...wholeTip(rows),
    ];
    const visible = { condition: { param: 'shown', value: 1 }, value: 0.12 };
    const figure = inPanels(distinct(rows, 'panel'), page, {
      encoding: { x, y, color },
      layer: [
        {
          params: [{ name: 'shown', select: { type: 'point', fields: ['line'] }, bind: 'legend' }],
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { strokeDash, opacity: visible },
        },
        ...(rows.some(({ alone }) => alone === 'yes')
          ? [
              {
                transform: [{ filter: "datum.alone === 'yes'" }],
                mark: { type: 'point', filled: true, size: 22 },
                encoding: { opacity: visible },
              },
            ]
          : []),
        {
          mark: { type: 'point', filled: true, size: 60, opacity: 0, aria: false },
          encoding: { detail: { field: 'when' }, tooltip },
        },
      ],
    });
    // A short sequence fills its panel.
    return { ...figure, ...('facet' in figure && { resolve: { scale: { x: 'independent' } } }) } as FigureSpec;
  },
};
