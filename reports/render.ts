/**
 * A figure's spec and rows -> vega-lite file, compiled vega spec, SVG, PNG. The same input gives the same bytes on any
 * machine.
 */
import { renderAsync } from '@resvg/resvg-js';
import * as vega from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { FigureSpec, Row } from './figures/types.ts';
import { config, font } from './figures/theme.ts';
import { fontFiles, textWidth } from './text-width.ts';
import { oneLine } from './visible.ts';

// Exported by vega, missing in its types.
declare module 'vega' {
  interface TextItem {
    fontSize?: number;
    fontWeight?: string | number;
    limit?: number;
  }
  /** A width function of one's own is meant to be put here. */
  export const textMetrics: { width(item: TextItem, text: unknown): number };
  export function resetSVGDefIds(): void;
}

/** Name of the one data set in every compiled spec; whoever draws it puts the rows there. */
export const ROWS = 'rows';

export interface FigureTitle {
  text: string;
  subtitle: string | string[];
}

/** The complete vega-lite file: opens in any Vega-Lite editor. */
export function vegaLiteFile(spec: FigureSpec, title: FigureTitle, rows: Row[]): string {
  const file = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    config,
    ...spec,
    data: { name: ROWS, values: rows },
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** The vega spec, without rows. */
export function compileFigure(spec: FigureSpec, title?: FigureTitle): vega.Spec {
  const full = { ...spec, ...(title === undefined ? {} : { title }), data: { name: ROWS } } as TopLevelSpec;
  return compile(full, { config }).spec as vega.Spec;
}

/**
 * The picture, without scripts. Expressions are interpreted, never evaluated as code: a sweep file may hold anything.
 */
export async function svgOf(spec: vega.Spec, rows: Row[]): Promise<string> {
  // Of a text that vega cuts at its limit it asks for the width before that.
  const room = (limit: number | undefined) => (limit !== undefined && limit > 0 ? limit : Infinity);
  vega.textMetrics.width = (item, text) =>
    Math.min(room(item.limit), textWidth(String(text ?? '').trim(), item.fontSize ?? 11, item.fontWeight === 'bold'));
  vega.resetSVGDefIds();
  const data = (spec.data ?? []).map((set) => (set.name === ROWS ? { ...set, values: rows } : set));
  const runtime = vega.parse({ ...spec, data } as vega.Spec, undefined, { ast: true });
  const view = new vega.View(runtime, { renderer: 'none', expr: expressionInterpreter, logLevel: vega.Error });
  try {
    // Whatever a label holds, it cannot turn the picture's other texts round.
    // Points that only a pointer can find are no part of a picture. Attributes hold no '>': vega escapes them.
    const svg = await view.toSVG();
    return `${oneLine(svg.replace(/<path [^>]*opacity="0"[^>]*>(<\/path>)?/g, ''))}\n`;
  } finally {
    view.finalize();
  }
}

/** Twice the size of the SVG: sharp in print and on dense screens. Drawn on another thread. */
export async function pngOf(svg: string): Promise<Uint8Array> {
  const family = font.split(',')[0] as string;
  const image = await renderAsync(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: {
      fontFiles: Object.values(fontFiles),
      loadSystemFonts: false,
      defaultFontFamily: family,
      sansSerifFamily: family,
    },
  });
  return image.asPng();
}
