import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { readRun } from '../../reports/input.ts';
import { buildReport, verifyReport, writeReport, type Check, type Verification } from '../../reports/report.ts';
import { openStore } from '../../store/index.ts';
import type { Store } from '../../store/types.ts';
import { resolveSweepId } from '../sweep-id.ts';

export interface ReportOptions { out?: string; verify?: boolean; runs: string; json?: boolean }

export async function report(given: string, options: ReportOptions): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await resolveSweepId(store, given);
  await (options.verify ? verify : write)(store, sweepId, options);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const shortPath = (path: string) => { const near = relative(process.cwd(), path); return near.startsWith('..') ? path : near; };
const folderOf = (store: Store, sweepId: string, out: string | undefined) => (out === undefined ? join(store.url, sweepId, 'report') : resolve(out));

async function write(store: Store, sweepId: string, { out, json }: ReportOptions): Promise<void> {
  const folder = folderOf(store, sweepId, out);
  const paths = out === undefined ? await writeReport(store, sweepId) : await writeTo(folder, store, sweepId);
  if (json) say(JSON.stringify({ sweepId, folder, files: paths }, null, 2));
  else say(`Report: ${shortPath(join(folder, 'report.html'))} (${paths.length} files)`);
}

async function writeTo(folder: string, store: Store, sweepId: string): Promise<string[]> {
  const files = await buildReport(await readRun(store, sweepId));
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return [...files.keys()];
}

async function verify(store: Store, sweepId: string, { out, json }: ReportOptions): Promise<void> {
  const result = await verifyReport(store, sweepId, out === undefined ? undefined : await readFolder(resolve(out)));
  if (!result.ok) process.exitCode = 1;
  if (json) say(JSON.stringify({ sweepId, ...result }, null, 2));
  else for (const line of verdict(sweepId, result)) say(line);
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`--out ${folder}: ${error.code === 'ENOENT' ? 'no such folder' : error.message}`, 2);
  });
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(relative(folder, path).split('\\').join('/'), await readFile(path));
  }
  return files;
}

/** One line if all is well; else a line for every file that is not, data first: it is the cause. */
function verdict(sweepId: string, { ok, data, report, problem }: Verification): string[] {
  if (ok) return [`${sweepId}: verified. ${report.length} files of the report follow from ${data.length} data files, byte for byte.`];
  const lines = (what: string, checks: Check[]) => checks.filter(({ state }) => state !== 'equal').map(({ path, state }) => `  ${state.padEnd(10)}  ${what}${path}`);
  const [changedData, changedReport] = [lines('', data), lines('report/', report)];
  return [
    `${sweepId}: NOT verified.`,
    ...(changedData.length === 0 ? [] : ['Data that is not what the report was built from:', ...changedData]),
    ...(problem === undefined ? [] : [`The report cannot be rebuilt: ${problem}`]),
    ...(changedReport.length === 0 ? [] : ['Files of the report that do not follow from the data as it is:', ...changedReport]),
    ...(changedData.length === 0 ? [] : [`If the data has rightly grown since, write the report anew: sweep report ${sweepId}`]),
  ];
}
