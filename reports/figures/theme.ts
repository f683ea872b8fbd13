/**
 * How all figures look: colours that colour-blind readers can tell apart, on white and on a dark page, and one font.
 */
import type { Config } from 'vega-lite';

/** A colour and the one that takes its place on a dark page. */
export interface Ink {
  light: string;
  dark: string;
}

/** The scheme of Okabe and Ito (2008), made for colour-blind readers, and brightened for a dark page. */
export const series: readonly Ink[] = [
  { light: '#d55e00', dark: '#ff8640' },
  { light: '#0072b2', dark: '#4aa8ec' },
  { light: '#009e73', dark: '#2fd3a2' },
  { light: '#cc79a7', dark: '#f0a6d2' },
  { light: '#e69f00', dark: '#ffd76a' },
  { light: '#56b4e9', dark: '#a6ddff' },
  { light: '#3b3b3b', dark: '#6b7480' },
];
export const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down', 'triangle-right'];
export const dashes: readonly number[][] = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [4, 4],
  [10, 4],
  [1, 3],
];

/**
 * Stops of an ordered scale: dark blue to amber, lightness rises evenly (after cividis and viridis); on dark it starts
 * lighter.
 */
const stops: readonly Ink[] = [
  { light: '#2b1d66', dark: '#8f86e8' },
  { light: '#2c4f9e', dark: '#6fa3f5' },
  { light: '#1f7f9c', dark: '#4fc0dc' },
  { light: '#2a9d72', dark: '#5ed8a3' },
  { light: '#7fa62a', dark: '#b8dc5a' },
  { light: '#d99a1c', dark: '#ffd257' },
];

/** An ordered scale for areas, and what is legible on its dark and on its bright half: the same on any page. */
export const heat: readonly string[] = [...stops.map(({ light }) => light), '#f7df7d'];
export const onHeat = { light: '#ffffff', dark: '#10141a' };

/** A colour between two of the form #rrggbb, 0 ≤ u ≤ 1. */
function mix(a: string, b: string, u: number): string {
  const channel = (hex: string, i: number) => Number.parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(channel(a, i) * (1 - u) + channel(b, i) * u));
  return `#${mixed.map((c) => c.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * Number of distinct colours of the ordered scale; more values than that repeat none, they are no longer drawn as
 * lines.
 */
export const ORDERED_COLOURS = 24;
export const ordered: readonly Ink[] = Array.from({ length: ORDERED_COLOURS }, (_, i) => {
  const position = (i / (ORDERED_COLOURS - 1)) * (stops.length - 1);
  const from = Math.min(Math.floor(position), stops.length - 2);
  const [a, b] = [stops[from] as Ink, stops[from + 1] as Ink];
  return { light: mix(a.light, b.light, position - from), dark: mix(a.dark, b.dark, position - from) };
});

/** n colours evenly spread over the ordered scale; the last one is left for n = 1. */
export function orderedColours(n: number): string[] {
  return Array.from(
    { length: n },
    (_, i) => (ordered[n === 1 ? 6 : Math.round((i / (n - 1)) * (ORDERED_COLOURS - 1))] as Ink).light,
  );
}

export const seriesColours = (n: number): string[] =>
  Array.from({ length: n }, (_, i) => (series[i % series.length] as Ink).light);

export const ink = { text: '#1c2430', soft: '#5b6573', grid: '#e4e8ee', axis: '#9aa4b1', muted: '#b6bec9' };
export const onDark = { text: '#e8ecf2', soft: '#a5afbd', grid: '#2b3340', axis: '#5c6776', muted: '#5a6575' };

/** DejaVu Sans is pinned and drawn into the PNG; Verdana has its widths, wherever DejaVu is not installed. */
export const font = 'DejaVu Sans, Verdana, sans-serif';

export const config: Config = {
  font,
  background: 'white',
  padding: 12,
  view: { stroke: null },
  title: {
    anchor: 'start',
    fontSize: 15,
    fontWeight: 'bold',
    color: ink.text,
    subtitleColor: ink.soft,
    subtitleFontSize: 11,
    subtitlePadding: 5,
    offset: 14,
  },
  axis: {
    labelFontSize: 11,
    labelColor: ink.soft,
    labelPadding: 6,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleColor: ink.text,
    titlePadding: 10,
    gridColor: ink.grid,
    domainColor: ink.axis,
    tickColor: ink.axis,
    ticks: false,
  },
  axisX: { grid: false, ticks: true, tickSize: 4, labelFlush: false },
  axisY: { domain: false },
  legend: {
    labelFontSize: 11,
    labelColor: ink.text,
    titleFontSize: 11,
    titleFontWeight: 'normal',
    titleColor: ink.soft,
    symbolStrokeWidth: 2,
  },
  header: {
    labelFontSize: 13,
    labelFontWeight: 'bold',
    labelColor: ink.text,
    labelAnchor: 'start',
    labelPadding: 8,
    title: null,
  },
};
