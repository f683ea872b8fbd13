import { canonicalJson, type Json } from '../../core/json.ts';
import { isWhole } from '../../core/standing.ts';
import { labelOf, ranked, shortText, textOf, valuesOf, wordsOf } from '../model.ts';
import type { Report } from '../types.ts';
import type { Figure, Row } from './types.ts';
import { cutLabel } from '../visible.ts';
import { distinct, GREY, objectiveSpan, oneLine } from './layout.ts';
import { ink, ORDERED_COLOURS, orderedColours } from './theme.ts';

const LEAST_DIMENSIONS = 3;
/** More lines than this are a thicket: the best ones among them are drawn. */
const MOST_LINES = 400;
/** About as many ticks on an axis of numbers; more names than these cannot be read on one. */
const TICKS = 5;
const MOST_NAMES = 12;
/**
 * The tick of configurations that a conditional dimension does not apply to, at the bottom, and where its values begin.
 */
const NO_VALUE = '–';
const VALUES_FROM = 0.2;

interface Axis {
  name: string;
  /** From 0 (bottom) to 1 (top). */
  place(value: Json): number;
  ticks: { text: string; place: number }[];
}

/** The multiples of 1, 2 or 5 · 10ⁿ between the two: three to seven of them. */
function roundTicks(low: number, high: number): { x: number; text: string }[] {
  const rough = (high - low) / TICKS;
  const digits = Math.floor(Math.log10(rough));
  const unit = 10 ** digits;
  const step = [1, 2, 5, 10].find((k) => k * unit >= rough) ?? 10;
  const first = Math.ceil(low / (step * unit) - 1e-9);
  const count = Math.floor(high / (step * unit) + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => {
    const x = (first + i) * step * unit;
    return { x, text: x.toFixed(Math.max(0, -digits - (step === 10 ? 1 : 0))) };
  });
}

/** Powers of ten between the two. */
function decades(low: number, high: number): { x: number; text: string }[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    x: 10 ** (first + i),
    text: String(Number((10 ** (first + i)).toPrecision(6))),
  }));
}

/** Of numbers from `low` to `high`, on a logarithmic axis where they span over two decades. */
function rangeAxis(name: string, low: number, high: number, own?: number[]): Axis {
  if (low === high) return { name, place: () => 0.5, ticks: [{ text: textOf(low), place: 0.5 }] };
  const log = low > 0 && high / low > 100;
  const at = (x: number) => (log ? Math.log(x) : x);
  const place = (value: Json) => (at(Number(value)) - at(low)) / (at(high) - at(low));
  const ticks = own?.map((x) => ({ x, text: textOf(x) })) ?? (log ? decades(low, high) : roundTicks(low, high));
  return { name, place, ticks: ticks.map(({ x, text }) => ({ text, place: place(x) })) };
}

/** Of numbers by size, each with its tick if they are few; of anything else, evenly spread. */
function axisOf(name: string, values: Json[]): Axis {
  const numbers = values.filter((value) => typeof value === 'number');
  const few = values.length <= TICKS + 1;
  if (numbers.length === values.length)
    return rangeAxis(name, Math.min(...numbers), Math.max(...numbers), few ? numbers : undefined);
  const order = new Map(values.map((value, i) => [canonicalJson(value), i / (values.length - 1)]));
  const place = (value: Json) => order.get(canonicalJson(value)) ?? 0;
  return {
    name,
    place,
    ticks: values.map((value) => ({ text: cutLabel(oneLine(textOf(value))), place: place(value) })),
  };
}

/** The axis with room below its values: lines of configurations without one pass there, and stay whole. */
function withNoValue({ name, place, ticks }: Axis): Axis {
  const raised = (at: number) => VALUES_FROM + (1 - VALUES_FROM) * at;
  return {
    name,
    place: (value) => raised(place(value)),
    ticks: [{ text: NO_VALUE, place: 0 }, ...ticks.map(({ text, place: at }) => ({ text, place: raised(at) }))],
  };
}

/** The dimensions with more than one value; last, the objective. */
function axesOf(report: Report): { paths: string[]; axes: Axis[] } {
  const { metric } = report.input.spec.objective;
  const paths = report.dimensions.filter((path) => {
    const values = valuesOf(report, path);
    return values.length > 1 && (values.length <= MOST_NAMES || values.every((value) => typeof value === 'number'));
  });
  const axes = paths.map((path) => {
    const axis = axisOf(wordsOf(path), valuesOf(report, path));
    return report.summary.every(({ configuration }) => configuration[path] !== undefined) ? axis : withNoValue(axis);
  });
  const objectives = ranked(report).map((row) => row.metrics[metric]?.mean ?? 0);
  return {
    paths,
    axes: [...axes, rangeAxis(`mean ${wordsOf(metric)}`, ...objectiveSpan(report.input.spec, objectives))],
  };
}

const rounded = (x: number) => Number(x.toFixed(4));

/**
 * Rows of three kinds: a configuration's 'point' on an axis, an axis's 'tick', and its 'name'. The best comes last, on
 * top.
 */
function data(report: Report): Row[] | undefined {
  const { metric } = report.input.spec.objective;
  const best = ranked(report).slice(0, MOST_LINES);
  if (best.length < 2) return undefined;
  const { paths, axes } = axesOf(report);
  if (paths.length < LEAST_DIMENSIONS) return undefined;
  const points = [...best].reverse().flatMap((row) => {
    const mean = row.metrics[metric]?.mean ?? 0;
    const line = oneLine(labelOf(row.configuration, report.dimensions));
    return axes.map((axis, i): Row => {
      const value = i < paths.length ? row.configuration[paths[i] as string] : mean;
      return {
        kind: 'point',
        axis: axis.name,
        line,
        place: value === undefined ? 0 : rounded(axis.place(value)),
        mean,
        judged: isWhole(row, metric) ? mean : null,
        text: i < paths.length ? oneLine(value === undefined ? NO_VALUE : textOf(value)) : shortText(mean),
      };
    });
  });
  const mark = (kind: string, axis: string, place: number, text: string): Row => ({
    kind,
    axis,
    line: null,
    place: rounded(place),
    mean: null,
    judged: null,
    text,
  });
  return [
    ...points,
    ...axes.flatMap(({ name, ticks }) => ticks.map(({ text, place }) => mark('tick', name, place, text))),
    ...axes.flatMap(({ name }) => [mark('name', name, 0, name), mark('name', name, 1, '')]),
  ];
}

/** A point of a configuration whose mean is one of survivors. */
const isPart = ({ kind, judged }: Row) => kind === 'point' && judged === null;

export const parallelCoordinates: Figure = {
  title: 'All dimensions at once',
  summary: 'every configuration as a line through its values of all dimensions to its objective; parallel coordinates',
  caption: (report, rows) => {
    const [drawn, all] = [new Set(rows.flatMap(({ line }) => line ?? [])).size, ranked(report).length];
    const metric = wordsOf(report.input.spec.objective.metric);
    return (
      `A line is a configuration; the brighter, the better its ${metric}.` +
      (rows.some(({ kind, text }) => kind === 'tick' && text === NO_VALUE)
        ? ` At ${NO_VALUE} a dimension does not apply.`
        : '') +
      (rows.some(isPart) ? GREY : '') +
      (drawn < all ? ` The best ${drawn} of ${all}.` : '')
    );
  },
  data,
  spec(rows, report, page) {
    const { goal } = report.input.spec.objective;
    const names = distinct(rows, 'axis');
    const narrow = page === 'narrow';
    // Axes stand side by side, or on a phone lie one below the other.
    const across = { field: 'axis', type: 'ordinal', sort: names, title: null };
    const along = { field: 'place', type: 'quantitative', scale: { domain: [0, 1] }, axis: null };
    const named = { domain: false, ticks: false, labelColor: ink.text, labelFontSize: 12, labelLimit: 110 };
    const position = narrow
      ? { y: { ...across, scale: { padding: 0.5 }, axis: null }, x: along }
      : {
          x: { ...across, scale: { padding: 0.4 }, axis: { ...named, orient: 'top', labelAngle: 0, labelPadding: 14 } },
          y: along,
        };
    const inks = orderedColours(ORDERED_COLOURS);
    const judged = rows.flatMap((row) => (typeof row['judged'] === 'number' ? [row['judged']] : []));
    const scale = {
      type: 'quantize',
      domain: judged.length > 0 ? objectiveSpan(report.input.spec, judged) : [0, 1],
      range: goal === 'maximize' ? inks : inks.reverse(),
    };
    const only = (kind: string) => [{ filter: { field: 'kind', equal: kind } }];
    const text = { type: 'text', fontSize: 11, color: ink.text };
    // Behind the letters the lines are paler.
    const halo = { color: 'white', stroke: 'white', strokeWidth: 4, opacity: 0.8 };
    const labels = narrow ? { baseline: 'top', dy: 6 } : { align: 'right', dx: -7 };
    const ticks = { ...position, text: { field: 'text' } };
    const heading = {
      transform: only('name'),
      mark: { ...text, fontSize: 12, fontWeight: 'bold', align: 'left', dy: -10 },
      encoding: ticks,
    };
    const layer = [
      ...(rows.some(isPart)
        ? [
            {
              transform: [...only('point'), { filter: '!isValid(datum.judged)' }],
              mark: { type: 'line', strokeWidth: 1.2, color: ink.muted, opacity: 0.85 },
              encoding: { ...position, detail: { field: 'line' }, order: { value: null } },
            },
          ]
        : []),
      {
        transform: [...only('point'), { filter: 'isValid(datum.judged)' }],
        mark: { type: 'line', strokeWidth: 1.5, opacity: 0.85 },
        encoding: {
          ...position,
          color: { field: 'judged', type: 'quantitative', scale, legend: null }, // the last axis says it
          detail: { field: 'line' },
          order: { value: null }, // as the rows come, which is that of the axes
        },
      },
      {
        transform: only('name'),
        mark: { type: 'line', color: ink.axis, strokeWidth: 1.4 },
        encoding: { ...position, detail: { field: 'axis' } },
      },
      { transform: only('tick'), mark: { ...text, ...labels, ...halo }, encoding: ticks },
      { transform: only('tick'), mark: { ...text, ...labels }, encoding: ticks },
      {
        transform: only('tick'),
        mark: { type: 'point', shape: 'stroke', angle: narrow ? 90 : 0, size: 40, color: ink.axis, opacity: 1 },
        encoding: position,
      },
      ...(narrow ? [{ ...heading, mark: { ...heading.mark, ...halo } }, heading] : []),
      {
        transform: only('point'),
        mark: { type: 'point', filled: true, size: 60, opacity: 0, aria: false },
        encoding: {
          ...position,
          tooltip: [
            { field: 'line', title: 'configuration' },
            { field: 'mean', title: names.at(-1), format: '.4~g' },
          ],
        },
      },
    ];
    return {
      ...(narrow ? { width: 258, height: 74 * names.length } : { width: 640, height: 320 }),
      layer,
    } as ReturnType<Figure['spec']>;
  },
};
