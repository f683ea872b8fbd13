import type { SummaryRow } from '../../core/aggregate.ts';
import { canonicalJson } from '../../core/json.ts';
import { isWhole } from '../../core/standing.ts';
import { labelOf, LENGTH, shortText, textOf, valuesOf, wordsOf } from '../model.ts';
import type { SweepSpec } from '../../core/spec.ts';
import type { Report } from '../types.ts';
import type { Figure, PageWidth, Row } from './types.ts';
import { cutLabels } from '../visible.ts';
import { distinct, GREY, inPanels, objectiveSpan, oneLine, repeatsText, wholeTip } from './layout.ts';
import { heat, ink, onHeat } from './theme.ts';

const OPTIMIZER = 'training.optimizer';
const LEARNING_RATE = 'training.learningRate';
/** Stands before the step at which a repeat diverged. */
const DIVERGED = '✕';
const MOST_VALUES = 12;
const MOST_PANELS = 12;
/** In a narrower cell, numbers of three digits do not fit. */
const TEXT_WIDTH = 34;

interface Axes {
  /** Its values across. */
  across: string;
  /** Down; the first is the dimension, the others exist only for some of its values (the momentum of one optimizer). */
  down: string[];
  panels: string[];
}

/**
 * Optimizers down and learning rates across, where they are swept; else two others. The length is no axis: lines show
 * it better.
 */
function axesOf(report: Report): Axes | undefined {
  const { space } = report.input.spec;
  const varied = report.dimensions.filter((path) => valuesOf(report, path).length > 1);
  const free = varied.filter((path) => space[path]?.when === undefined);
  const few = free.filter((path) => path !== LENGTH && valuesOf(report, path).length <= MOST_VALUES);
  const across = few.includes(LEARNING_RATE) ? LEARNING_RATE : few.at(-1);
  const first = few.includes(OPTIMIZER) && across !== OPTIMIZER ? OPTIMIZER : few.find((path) => path !== across);
  if (across === undefined || first === undefined) return undefined;
  const dependent = varied.filter((path) => Object.hasOwn(space[path]?.when ?? {}, first));
  const down = [first, ...dependent];
  return { across, down, panels: varied.filter((path) => path !== across && !down.includes(path)) };
}

interface Trouble {
  /** '1/3 ✕ 437' in the cell, '1/3 diverged at step 437' in words. */
  note: string;
  words: string;
}

/** What kept repeats out of the mean. */
function troubleOf({ repeats, missing }: SummaryRow): Trouble {
  const steps = repeats
    .flatMap(({ status, steps }) => (status === 'diverged' && steps !== undefined ? [steps] : []))
    .sort((a, b) => a - b);
  const failed = repeats.filter(({ status }) => status === 'failed').length;
  const share = (count: number) => (count === repeats.length ? '' : `${count}/${repeats.length} `);
  const plain = (count: number, what: string) => (count === 0 ? [] : [`${share(count)}${what}`]);
  const others = [...plain(failed, 'failed'), ...plain(missing, 'to come')];
  if (steps.length === 0) return { note: others.join('\n'), words: others.join(', ') };
  return {
    note: [`${share(steps.length)}${DIVERGED} ${steps[0]}${steps.length > 1 ? '…' : ''}`, ...others].join('\n'),
    words: [`${share(steps.length)}diverged at step ${steps.join(', ')}`, ...others].join(', '),
  };
}

/**
 * A row a configuration: its place, its mean as number and text, its colour's number (one of survivors has no colour),
 * and what kept repeats out of it.
 */
function data(report: Report): Row[] | undefined {
  const axes = axesOf(report);
  const { metric } = report.input.spec.objective;
  if (axes === undefined || !report.summary.some((row) => row.metrics[metric] !== undefined)) return undefined;
  const places = report.summary.map((row) => ({
    panel: oneLine(labelOf(row.configuration, axes.panels)),
    across: oneLine(textOf(row.configuration[axes.across])),
    down: oneLine(downLabel(row, axes)),
  }));
  const cut = {
    panel: cutLabels(distinct(places, 'panel')),
    across: cutLabels(distinct(places, 'across')),
    down: cutLabels(distinct(places, 'down')),
  };
  const rows = report.summary.map((row, i): Row => {
    const estimate = row.metrics[metric];
    const whole = places[i] as (typeof places)[number];
    const place = { panel: cut.panel(whole.panel), across: cut.across(whole.across), down: cut.down(whole.down) };
    return {
      ...place,
      ...(canonicalJson(place) !== canonicalJson(whole) && {
        whole: oneLine(labelOf(row.configuration, report.dimensions)),
      }),
      mean: estimate?.mean ?? null,
      low: estimate?.low ?? null,
      high: estimate?.high ?? null,
      judged: isWhole(row, metric) ? (estimate?.mean ?? null) : null,
      text: estimate === undefined ? '' : shortText(estimate.mean),
      ...troubleOf(row),
      n: row.n,
    };
  });
  const cells = new Set(rows.map(({ panel, across, down }) => JSON.stringify([panel, across, down])));
  const count = (column: string) => distinct(rows, column).length;
  const small = count('panel') <= MOST_PANELS && count('down') <= 2 * MOST_VALUES;
  // Where two configurations share a cell, or most cells are holes, another figure shows it better.
  const isGrid = cells.size === rows.length && count('panel') * count('across') * count('down') <= 1.5 * rows.length;
  return small && isGrid ? rows : undefined;
}

function downLabel({ configuration }: SummaryRow, { down: [first, ...dependent] }: Axes): string {
  const [name, more] = [textOf(configuration[first as string]), labelOf(configuration, dependent)];
  if (more === '') return name;
  return more.startsWith(name) ? more : `${name}, ${more}`; // 'momentum 0.9' says both
}

/** Numbers by size, names in order of appearance. */
function inOrder(report: Report, path: string, labels: unknown[]): unknown[] {
  const known = valuesOf(report, path).map((value) => oneLine(textOf(value)));
  return known.some((label) => !labels.includes(label)) ? labels : known;
}

/** A logarithmic scale where the values span over two decades; and the value halfway along it, where the text turns. */
function scaleOf(spec: SweepSpec, values: number[]) {
  const { goal } = spec.objective;
  const [low, high] = objectiveSpan(spec, values);
  const log = low > 0 && high / low > 100;
  return {
    middle: log ? Math.sqrt(low * high) : (low + high) / 2,
    scale: {
      type: log ? 'log' : 'linear',
      domain: [low, high],
      range: goal === 'maximize' ? heat : [...heat].reverse(),
      nice: false,
      interpolate: 'rgb',
    },
  };
}

const there = { filter: 'isValid(datum.mean)' };
const lacking = { filter: '!isValid(datum.mean)' };
const coloured = { filter: 'isValid(datum.judged)' };
const grey = { filter: '!isValid(datum.judged)' };

const numbersIn = (rows: Row[], column: string) =>
  rows.flatMap(({ [column]: x }) => (typeof x === 'number' ? [x] : []));

function tooltipOf({ across, down }: Axes, metric: string, rows: Row[]): object[] {
  return [
    { field: 'down', title: wordsOf(down[0] as string) },
    { field: 'across', title: wordsOf(across) },
    { field: 'mean', title: `mean ${wordsOf(metric)}`, format: '.4~g' },
    { field: 'low', title: 'interval from', format: '.4~g' },
    { field: 'high', title: 'to', format: '.4~g' },
    { field: 'n', title: 'repeats' },
    { field: 'words', title: 'left out' },
    ...wholeTip(rows),
  ];
}

/** What stands in a cell: its mean and a note in a colour that can be read on the cell's, or the note alone. */
function textLayers(brighterThan: string): object[] {
  const color = {
    condition: [
      { test: '!isValid(datum.judged)', value: ink.soft },
      { test: brighterThan, value: onHeat.dark },
    ],
    value: onHeat.light,
  };
  const mean = { type: 'text', fontSize: 13, fontWeight: 'bold', baseline: 'middle' };
  const note = { type: 'text', fontSize: 10, lineBreak: '\n', lineHeight: 12, baseline: 'middle' };
  return [
    {
      transform: [there],
      mark: { ...mean, dy: { expr: "datum.note === '' ? 0 : -8" } },
      encoding: { text: { field: 'text' }, color },
    },
    { transform: [there], mark: { ...note, dy: 11 }, encoding: { text: { field: 'note' }, color } },
    { transform: [lacking], mark: { ...note, color: ink.soft }, encoding: { text: { field: 'note' } } },
  ];
}

/** Cells in the colour of what they are judged on; grey where that is not known. */
function cellLayers(color: object, tooltip: object[]): object[] {
  const edge = { stroke: 'white', strokeWidth: 2 };
  return [
    { transform: [coloured], mark: { type: 'rect', ...edge }, encoding: { color, tooltip } },
    { transform: [grey], mark: { type: 'rect', fill: ink.grid, ...edge }, encoding: { tooltip } },
  ];
}

/** Columns as wide as the page allows: 20 to 92 pixels. */
function columnWidth(columns: number, panels: number, page: PageWidth): number {
  const available = page === 'narrow' ? 240 : panels < 2 ? 540 : 252;
  return Math.max(20, Math.min(page === 'narrow' ? 72 : 92, Math.floor(available / columns)));
}

/** Across and down, in the order of the space; and how wide a column is. */
function placesOf(report: Report, axes: Axes, rows: Row[], page: PageWidth) {
  const columns = inOrder(report, axes.across, distinct(rows, 'across'));
  const lines = distinct(rows, 'down');
  const width = columnWidth(columns.length, distinct(rows, 'panel').length, page);
  return {
    width,
    x: {
      field: 'across',
      type: 'nominal',
      sort: columns,
      title: wordsOf(axes.across),
      axis: { labelAngle: width < 40 ? -45 : 0, ticks: false },
    },
    y: {
      field: 'down',
      type: 'nominal',
      sort: axes.down.length === 1 ? inOrder(report, axes.down[0] as string, lines) : lines,
      title: wordsOf(axes.down[0] as string),
      axis: { labelLimit: page === 'narrow' ? 80 : 140 },
    },
  };
}

export const heatmap: Figure = {
  title: 'Objective over two dimensions',
  summary: 'the objective over two dimensions, such as optimizer and learning rate, as coloured cells with their means',
  caption({ input: { spec } }, rows) {
    const diverged = rows.some(({ note }) => String(note).includes(DIVERGED));
    const means = `Mean ${wordsOf(spec.objective.metric)} of ${repeatsText(spec.repeats)}; brighter is better.`;
    const grey = rows.some(({ mean, judged }) => mean !== null && judged === null) ? GREY : '';
    return `${means}${diverged ? ` ${DIVERGED} and a step: diverged there, and not in the mean.` : ''}${grey}`;
  },
  data,
  spec(rows, report, page) {
    const axes = axesOf(report) as Axes;
    const { metric, goal } = report.input.spec.objective;
    const { x, y, width } = placesOf(report, axes, rows, page);
    const judged = numbersIn(rows, 'judged');
    const { middle, scale } = scaleOf(report.input.spec, judged.length > 0 ? judged : numbersIn(rows, 'mean'));
    const legend =
      page === 'narrow' ? { orient: 'top', gradientLength: 200 } : { orient: 'right', gradientLength: 120 };
    const color = { field: 'judged', type: 'quantitative', title: `mean ${wordsOf(metric)}`, scale, legend };
    const text = textLayers(`datum.mean ${goal === 'maximize' ? '>' : '<'} ${middle}`);
    const unit = {
      encoding: { x, y },
      layer: [...cellLayers(color, tooltipOf(axes, metric, rows)), ...(width < TEXT_WIDTH ? [] : text)],
    };
    return inPanels(distinct(rows, 'panel'), page, unit, { width: { step: width }, height: { step: 48 } });
  },
};
