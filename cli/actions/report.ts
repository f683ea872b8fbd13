import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { refusalOf, refused } from '../../core/refusal.ts';
import { readRun } from '../../reports/input.ts';
import { buildReport, verifyReport, writeReport, type Check, type Verification } from '../../reports/report.ts';
import { commandOn, nearPath } from '../../store/command.ts';
import { openStore } from '../../store/index.ts';
import { makeFolder } from '../../store/make-folder.ts';
import type { Store } from '../../store/types.ts';
import { resolveSweepId } from '../sweep-id.ts';
import { say, sayJson } from '../ui/output.ts';
import { clean } from '../ui/text.ts';

export interface ReportOptions { out?: string; verify?: boolean; runs: string; json?: boolean }

export async function report(given: string, options: ReportOptions): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await resolveSweepId(store, given);
  await (options.verify ? verify : write)(store, sweepId, options);
}

const folderOf = (store: Store, sweepId: string, out: string | undefined) => (out === undefined ? join(store.url, sweepId, 'report') : resolve(out));

async function write(store: Store, sweepId: string, { out, json }: ReportOptions): Promise<void> {
  const folder = folderOf(store, sweepId, out);
  const paths = out === undefined ? await writeReport(store, sweepId) : await writeTo(folder, store, sweepId);
  if (json) sayJson({ sweepId, folder, files: paths });
  else say(`Report: ${clean(nearPath(join(folder, 'report.html')))} (${paths.length} files)`);
}

async function writeTo(folder: string, store: Store, sweepId: string): Promise<string[]> {
  const files = await buildReport(await readRun(store, sweepId));
  for (const [path, content] of files) {
    try {
      await makeFolder(dirname(join(folder, path)));
      await writeFile(join(folder, path), content);
    } catch (error) {
      throw refused(error, `--out ${folder}`, 'give another folder');
    }
  }
  return [...files.keys()];
}

async function verify(store: Store, sweepId: string, { out, json }: ReportOptions): Promise<void> {
  const result = await verifyReport(store, sweepId, out === undefined ? undefined : await readFolder(resolve(out)));
  if (!result.ok) process.exitCode = 1;
  if (json) sayJson({ sweepId, ...result });
  else verdict(store, sweepId, result).forEach(say);
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`--out ${folder}: ${error.code === 'ENOENT' ? 'no such folder' : refusalOf(error) ?? error.message}`, 2);
  });
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(relative(folder, path).split('\\').join('/'), await readFile(path).catch((error: unknown) => { throw refused(error, path, 'let it be read'); }));
  }
  return files;
}

/** One line if all is well; else a line for every file that is not, data first: it is the cause. */
function verdict(store: Store, sweepId: string, { ok, data, report, problem }: Verification): string[] {
  if (ok) return [`${clean(sweepId)}: verified. ${report.length} files of the report follow from ${data.length} data files, byte for byte.`];
  const lines = (what: string, checks: Check[]) => checks.filter(({ state }) => state !== 'equal').map(({ path, state }) => `  ${state.padEnd(10)}  ${what}${clean(path)}`);
  const [changedData, changedReport] = [lines('', data), lines('report/', report)];
  return [
    `${clean(sweepId)}: NOT verified.`,
    ...(changedData.length === 0 ? [] : ['Data that is not what the report was built from:', ...changedData]),
    ...(problem === undefined ? [] : [`The report cannot be rebuilt: ${problem}`]),
    ...(changedReport.length === 0 ? [] : ['Files of the report that do not follow from the data as it is:', ...changedReport]),
    ...(changedData.length === 0 ? [] : [`If the data has rightly grown since, write the report anew: ${commandOn(store, ['report', sweepId])}`]),
  ];
}
