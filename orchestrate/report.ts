/** The report of a sweep: written, or verified, in its run folder or in another place. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { refusalOf, refused } from '../core/refusal.ts';
import { readRun } from '../reports/input.ts';
import { buildReport, verifyReport, writeReport, type Verification } from '../reports/report.ts';
import type { Store } from '../store/index.ts';
import { makeFolder } from '../store/make-folder.ts';

export interface WrittenReport {
  folder: string;
  /** Paths in it. */
  files: string[];
}

/** `out`: a folder on this machine; left out: the sweep's own. */
export async function reportOn(store: Store, sweepId: string, out?: string): Promise<WrittenReport> {
  if (out === undefined)
    return { files: await writeReport(store, sweepId), folder: store.describe(`${sweepId}/report`) };
  const folder = resolve(out);
  return { files: await writeTo(folder, store, sweepId), folder };
}

/** Makes the report anew of the data, and compares it to the one that is in `out`; left out: in the run folder. */
export const verifyReportOn = async (store: Store, sweepId: string, out?: string): Promise<Verification> =>
  verifyReport(store, sweepId, out === undefined ? undefined : await readFolder(resolve(out)));

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

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UserError(
        `--out ${folder}: ${error.code === 'ENOENT' ? 'no such folder' : (refusalOf(error) ?? error.message)}`,
        2,
      );
    },
  );
  const files = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.set(
      relative(folder, path).split('\\').join('/'),
      await readFile(path).catch((error: unknown) => {
        throw refused(error, path, 'let it be read');
      }),
    );
  }
  return files;
}
