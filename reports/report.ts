/** The report of a sweep: built from its data files, written beside them, verified against them. */
import { createHash } from 'node:crypto';
import { UserError } from '../core/errors.ts';
import type { ReportProgress } from '../core/results.ts';
import { commandOn } from '../store/command.ts';
import { clearAbandoned } from '../store/runs.ts';
import type { Store } from '../store/types.ts';
import { checkRun, type Finding, type RunCheck } from './check.ts';
import { curvesCsv, resultsCsv, rowsCsv, summaryCsv, timingsCsv } from './csv.ts';
import { chooseFigures, isTable, type Drawing } from './figures/index.ts';
import { htmlOf } from './html.ts';
import { hashRun, readRun, type ReadOptions } from './input.ts';
import type { ReportInput } from './types.ts';
import { markdownOf } from './markdown.ts';
import { modelOf } from './model.ts';
import type { Report } from './types.ts';
import { provenanceOf } from './provenance.ts';
import { compileFigure, pngOf, svgOf, vegaLiteFile } from './render.ts';
import { wrapped } from './text-width.ts';
import { oneLine } from './visible.ts';

/** What is too large to be held is told piece by piece, as often as one asks. */
export type Content = string | Uint8Array | AsyncIterable<string>;

const isWhole = (content: Content): content is string | Uint8Array =>
  typeof content === 'string' || content instanceof Uint8Array;

/** Path in the report's folder -> content. */
export type ReportFiles = Map<string, Content>;

/** Width in pixels that a figure's subtitle is broken at: about that of the figures themselves. */
const SUBTITLE_WIDTH = 660;

/** Every file of the report, from the data alone: the same input gives the same bytes. `onProgress` is called often. */
export async function buildReport(
  input: ReportInput,
  onProgress: (progress: ReportProgress) => void = () => {},
): Promise<ReportFiles> {
  const report = modelOf(input);
  const drawings = chooseFigures(report);
  const provenance = await provenanceOf(report);
  const files: ReportFiles = new Map();
  files.set('report.html', await htmlOf(report, drawings, provenance));
  files.set('report.md', markdownOf(report, drawings, provenance));
  files.set('results.csv', resultsCsv(report));
  files.set('summary.csv', summaryCsv(report));
  files.set('curves.csv', { [Symbol.asyncIterator]: () => curvesCsv(report) });
  files.set('timings.csv', timingsCsv(report));
  files.set('provenance.json', `${JSON.stringify(provenance, null, 2)}\n`);
  const figures: Promise<[path: string, content: Content]>[] = [];
  for (const [i, drawing] of drawings.entries()) {
    onProgress({ doing: 'drawing', done: i + 1, total: drawings.length });
    figures.push(...(await filesOf(drawing, report)));
  }
  for (const [path, content] of await Promise.all(figures)) files.set(path, content);
  return files;
}

/** A figure's files; its PNG is drawn while the next figure is. */
async function filesOf(
  { name, figure, rows }: Drawing,
  report: Report,
): Promise<Promise<[path: string, content: Content]>[]> {
  const file = async (type: string, content: Content | Promise<Content>): Promise<[string, Content]> => [
    `figures/${name}.${type}`,
    await content,
  ];
  if (isTable(figure)) return [file('csv', rowsCsv(rows))];
  const spec = figure.spec(rows, report, 'wide');
  const title = { text: figure.title, subtitle: wrapped(oneLine(figure.caption(report, rows)), SUBTITLE_WIDTH, 11) };
  const svg = await svgOf(compileFigure(spec, title), rows);
  return [file('vl.json', vegaLiteFile(spec, title, rows)), file('svg', svg), file('png', pngOf(svg))];
}

/** The report's place in a store. */
const folderOf = (sweepId: string) => `${sweepId}/report`;

/**
 * Builds and writes the report; files of an earlier one that it no longer has are removed. Returns the paths written.
 */
export async function writeReport(store: Store, sweepId: string, options: ReadOptions = {}): Promise<string[]> {
  const { onProgress = () => {} } = options;
  const input = await readRun(store, sweepId, options);
  const files = await buildReport(input, onProgress);
  const curves = input.results.size + input.stopped.size;
  for (const [path, content] of files)
    await store.put(`${folderOf(sweepId)}/${path}`, isWhole(content) ? content : told(content, curves, onProgress));
  await clearAbandoned(store, folderOf(sweepId));
  for (const path of await listAll(store, folderOf(sweepId)))
    if (!files.has(path)) await store.remove(`${folderOf(sweepId)}/${path}`);
  return [...files.keys()];
}

/** A piece is about a trial. */
async function* told(
  pieces: AsyncIterable<string>,
  total: number,
  onProgress: (progress: ReportProgress) => void,
): AsyncGenerator<string> {
  let done = 0;
  for await (const piece of pieces) {
    onProgress({ doing: 'writing', done: Math.min(++done, total), total });
    yield piece;
  }
}

/** Paths of all files under a prefix, relative to it. */
async function listAll(store: Store, prefix: string, folder = ''): Promise<string[]> {
  const names = await store.list(`${prefix}/${folder}`);
  const nested = await Promise.all(
    names.map((name) => (name.endsWith('/') ? listAll(store, prefix, `${folder}${name}`) : [`${folder}${name}`])),
  );
  return nested.flat();
}

/** The report as it stands in the store; empty if there is none. */
export async function readReport(store: Store, sweepId: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of await listAll(store, folderOf(sweepId))) {
    const bytes = await store.get(`${folderOf(sweepId)}/${path}`);
    if (bytes !== undefined) files.set(path, bytes);
  }
  return files;
}

/** `unexpected`: there, but the report knows nothing of it. */
export interface Check {
  path: string;
  state: 'equal' | 'changed' | 'missing' | 'unexpected';
}

export interface Verification {
  /** Everything is equal. */
  ok: boolean;
  /** The data files against the sums that the report was built from. Paths in the sweep's folder. */
  data: Check[];
  /** The report's files against a report built from the data as it is now. Paths in the report's folder. */
  report: Check[];
  /** What does not hold among the data files themselves. */
  findings: Finding[];
  /** Results that were looked at for that. */
  results: number;
  /** Why the report could not be built from the data as it is now. */
  problem?: string;
}

/**
 * Checks that a report follows from its data, and that the data agrees with itself: every data file against the SHA-256
 * sum in the report's provenance.json, every file of the report against one rebuilt in memory, and the data files
 * against each other
 * (check.ts). `published` is the report to check, by default the one in the store. Throws a UserError if there is none.
 */
export async function verifyReport(
  store: Store,
  sweepId: string,
  published?: Map<string, Uint8Array>,
): Promise<Verification> {
  const there = published ?? (await readReport(store, sweepId));
  if (there.size === 0)
    throw new UserError(`${sweepId} has no report yet; write it with: ${commandOn(store, ['report', sweepId])}`);
  const result: Verification = { ok: false, data: [], report: [], findings: [], results: 0 };
  try {
    Object.assign(result, (await checkRun(store, sweepId)) satisfies RunCheck);
    result.data = compare(recordedSums(there), await hashRun(store, sweepId));
    result.report = compare(await sumsOf(await buildReport(await readRun(store, sweepId))), await sumsOf(there));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...result, problem: error.message };
  }
  return {
    ...result,
    ok: result.findings.length === 0 && [...result.data, ...result.report].every(({ state }) => state === 'equal'),
  };
}

/**
 * The sums in a report's provenance.json; none where that is missing or is no longer JSON: the rebuilt one will tell.
 */
function recordedSums(report: Map<string, Uint8Array>): Map<string, string> {
  try {
    const { data } = JSON.parse(Buffer.from(report.get('provenance.json') ?? []).toString('utf8')) as {
      data?: Record<string, string>;
    };
    return new Map(Object.entries(data ?? {}));
  } catch {
    return new Map();
  }
}

async function sumsOf(files: ReportFiles): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const [path, content] of files) {
    const hash = createHash('sha256');
    if (isWhole(content)) hash.update(content);
    else for await (const piece of content) hash.update(piece);
    sums.set(path, hash.digest('hex'));
  }
  return sums;
}

function compare(expected: Map<string, string>, actual: Map<string, string>): Check[] {
  const paths = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return paths.map((path) => {
    const [a, b] = [expected.get(path), actual.get(path)];
    if (a === undefined) return { path, state: 'unexpected' };
    if (b === undefined) return { path, state: 'missing' };
    return { path, state: a === b ? 'equal' : 'changed' };
  });
}
