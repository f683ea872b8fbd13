/**
 * The objective by the sweep's dimensions, as lines of text: a grid where the space is one, else the best
 * configurations. Pure.
 */
import stringWidth from 'string-width';
import type { SummaryRow } from '../../core/aggregate.ts';
import { canonicalJson, valueText, type Json } from '../../core/json.ts';
import { dimensionName } from '../../core/plan.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { isWhole, ranked } from '../../core/standing.ts';
import { symbols, type Style } from './style.ts';
import { table, type TableCell, type TableRow } from './table.ts';
import { clean, metricValue, padStart } from './text.ts';

export interface TableSize {
  width: number;
  height: number;
}

/**
 * The first `labels` columns of the body are words, the others numbers; the first note that fits stands behind the
 * head.
 */
interface Arrangement {
  head: string[];
  body: TableRow[];
  labels: number;
  notes: string[];
}

/** More columns than this are no table to read. */
const MOST_COLUMNS = 16;
const MOST_ROWS = 40;
const LEADERS = 10;

type Subject = Pick<SweepSpec, 'objective' | 'repeats'>;

/** Lines of at most `width` columns and at most `height` of them; empty where nothing fits or nothing is known. */
export function resultsTable(spec: Subject, summary: readonly SummaryRow[], size: TableSize, style: Style): string[] {
  const paths = [...new Set(summary.flatMap((row) => Object.keys(row.configuration)))];
  if (paths.length === 0) return fitted([grid(spec, summary, [], [], style)], size, style);
  const across = columnPath(summary, paths);
  const down = paths.filter((path) => path !== across);
  if (across === undefined || distinct(summary, down).length > MOST_ROWS)
    return fitted([leaders(spec, summary, paths, style)], size, style);
  return fitted([grid(spec, summary, down, [across], style), grid(spec, summary, [across], down, style)], size, style);
}

const text = (value: Json | undefined): string => (value === undefined ? '' : clean(valueText(value)));

function distinct(summary: readonly SummaryRow[], paths: readonly string[]): SummaryRow['configuration'][] {
  const seen = new Map<string, SummaryRow['configuration']>();
  for (const { configuration } of summary) {
    const part = Object.fromEntries(
      paths.flatMap((path) => (configuration[path] === undefined ? [] : [[path, configuration[path]]])),
    );
    const key = canonicalJson(part);
    if (!seen.has(key)) seen.set(key, part);
  }
  return [...seen.values()];
}

/**
 * What runs across: the length if it is searched, else the numeric dimension with most values, else the last of
 * several.
 */
function columnPath(summary: readonly SummaryRow[], paths: readonly string[]): string | undefined {
  const fits = paths.filter((path) => distinct(summary, [path]).length <= MOST_COLUMNS);
  const numeric = fits.filter((path) =>
    summary.every(({ configuration: c }) => typeof c[path] === 'number' || c[path] === undefined),
  );
  if (numeric.includes('task.length')) return 'task.length';
  const most = (a: string, b: string) => (distinct(summary, [b]).length > distinct(summary, [a]).length ? b : a);
  if (numeric.length > 0) return numeric.reduce(most);
  return paths.length > 1 ? fits.at(-1) : undefined;
}

/**
 * The mean of a configuration's repeats; dim as long as some are missing, with a star if some have no number to give.
 * `star` is what stands there otherwise.
 */
function cellOf(
  { objective: { metric } }: Subject,
  row: SummaryRow | undefined,
  star: string,
  style: Style,
): TableCell {
  const estimate = row?.metrics[metric];
  if (estimate !== undefined)
    return {
      text: metricValue(metric, estimate.mean) + (row?.failed ? '*' : star),
      ...(row?.missing && { tint: style.dim }),
    };
  if (row !== undefined && row.failed > 0 && row.missing === 0)
    return { text: symbols(style).cross + star, tint: style.red };
  return { text: row === undefined ? '' : (style.unicode ? '·' : '.') + star, tint: style.dim };
}

/**
 * Values of `down` run down, those of `across` run across (several of them joined in one heading; none: one column).
 */
function grid(
  spec: Subject,
  summary: readonly SummaryRow[],
  down: readonly string[],
  across: readonly string[],
  style: Style,
): Arrangement {
  const columns = distinct(summary, across).sort(byNumber(across));
  const rows = distinct(summary, down).sort(byNumber(down));
  const found = new Map(summary.map((row) => [canonicalJson(row.configuration), row]));
  const { metric } = spec.objective;
  const star = starOf(summary);
  const names = across.map(dimensionName).join(' ');
  const labels = down.length === 0 ? [names] : [metric, ...down.slice(1).map(dimensionName)];
  return {
    // As wide as a number with two decimals from the start, so that columns stay where they are.
    head: [
      ...labels,
      ...columns.map((column) => padStart(across.map((path) => text(column[path])).join(' ') || metric, 4) + star),
    ],
    body: rows.map((row) => [
      ...(down.length === 0 ? [metric] : down.map((path) => text(row[path]))),
      ...columns.map((column) => cellOf(spec, found.get(canonicalJson({ ...row, ...column })), star, style)),
    ]),
    labels: labels.length,
    notes: notesOf(spec, summary, down.length === 0 ? '' : names),
  };
}

/** Numbers in their order; anything else stays as the spec has it. */
const byNumber =
  ([path, ...more]: readonly string[]) =>
  (a: SummaryRow['configuration'], b: SummaryRow['configuration']): number => {
    const [x, y] = path === undefined || more.length > 0 ? [] : [a[path], b[path]];
    return typeof x === 'number' && typeof y === 'number' ? x - y : 0;
  };

function leaders(spec: Subject, summary: readonly SummaryRow[], paths: readonly string[], style: Style): Arrangement {
  const { metric } = spec.objective;
  const best = ranked(summary, spec.objective).slice(0, LEADERS);
  const star = starOf(best);
  const rank = (row: SummaryRow, i: number) => (isWhole(row, metric) ? `${i + 1}` : '');
  return {
    head: ['best', ...paths.map(dimensionName), metric + star],
    body: best.map((row, i) => [
      rank(row, i),
      ...paths.map((path) => text(row.configuration[path])),
      cellOf(spec, row, star, style),
    ]),
    labels: paths.length + 1,
    notes: notesOf(spec, best),
  };
}

const hasStar = ({ n, failed }: SummaryRow): boolean => n > 0 && failed > 0;

/** TableSize for a star in every cell if one has it, so that numbers stay in line. */
const starOf = (summary: readonly SummaryRow[]): string => (summary.some(hasStar) ? ' ' : '');

/** What the numbers are, in full and in short. */
function notesOf({ repeats }: Subject, summary: readonly SummaryRow[], by = ''): string[] {
  const mean = repeats === 1 ? 'one repeat' : `mean of ${repeats} repeats`;
  const starred = summary.filter(hasStar).map(({ n }) => n);
  const [least, most] = [Math.min(...starred), Math.max(...starred)];
  const some = least === most ? `${least}` : `${least} to ${most}`;
  const full = starred.length === 0 ? mean : `${mean} (* ${some} of ${repeats}: the others diverged or failed)`;
  return [by === '' ? full : `by ${by}, ${full}`, starred.length === 0 ? mean : `${mean} (* ${some} of ${repeats})`];
}

/** The first arrangement that fits, roomy if it can be; else what fits of the first one. */
function fitted(
  arrangements: readonly [Arrangement, ...Arrangement[]],
  { width, height }: TableSize,
  style: Style,
): string[] {
  if (arrangements[0].body.length === 0) return [];
  const fits = (lines: string[]) => lines.every((line) => stringWidth(line) <= width);
  const tries = (arrangement: Arrangement) =>
    [...arrangement.notes, ''].flatMap((note, i) =>
      (i === 0 ? [3, 2] : [2, 1]).map((gap) => lay(arrangement, note, gap, style)),
    );
  const whole =
    arrangements.flatMap(tries).find((lines) => fits(lines) && lines.length <= height) ??
    tries(arrangements[0]).find(fits);
  if (whole) return cutRows(whole, height, style);

  const { head, body, labels } = arrangements[0];
  const { ellipsis } = symbols(style);
  for (let kept = head.length - 1; kept > labels; kept--) {
    const cut = {
      head: [...head.slice(0, kept), ellipsis],
      body: body.map((row) => [...row.slice(0, kept), ellipsis]),
      labels,
      notes: [],
    };
    const lines = lay(cut, '', 1, style);
    if (fits(lines)) return cutRows(lines, height, style);
  }
  return [];
}

function lay({ head, body, labels }: Arrangement, note: string, gap: number, style: Style): string[] {
  const sides = head.map((_, i) => (i < labels ? ('left' as const) : ('right' as const)));
  const [first = '', ...lines] = table([head.map((name) => ({ text: name, tint: style.bold })), ...body], {
    sides,
    gap,
  });
  return [note === '' ? first : `${first.trimEnd()}   ${style.dim(note)}`, ...lines].map((line) => line.trimEnd());
}

function cutRows(lines: string[], height: number, style: Style): string[] {
  if (lines.length <= height) return lines;
  if (height < 3) return [];
  return [...lines.slice(0, height - 1), style.dim(`${symbols(style).ellipsis} ${lines.length - height + 1} more`)];
}
