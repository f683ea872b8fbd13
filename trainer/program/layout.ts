/**
 * Where an attempt runs: a folder of its own with the program's files, which nobody may write to, a place for
 * checkpoints, and what it is told and tells.
 *
 *     files/            what it runs in; read-only copies
 *     checkpoint/       SWEEP_CHECKPOINT
 *     parameters.json   SWEEP_PARAMETERS
 *     metrics.jsonl     SWEEP_METRICS
 */
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isInside, unpack, type Packed } from './archive.ts';

/** Contents by path, with '/' and relative. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface Layout {
  folder: string;
  files: string;
  checkpoint: string;
  parameters: string;
  metrics: string;
  remove(): Promise<void>;
}

export interface Checkpoint {
  step: number;
  folder: Packed;
}

export interface LayoutOptions {
  files: Files;
  /** What SWEEP_PARAMETERS says. */
  parameters: object;
  /** A checkpoint of an earlier attempt, and its step, which is the name of its folder. */
  resume?: Checkpoint | undefined;
}

export async function layOut({ files, parameters, resume }: LayoutOptions): Promise<Layout> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'sweep-program-')));
  const layout: Layout = {
    folder,
    files: join(folder, 'files'),
    checkpoint: join(folder, 'checkpoint'),
    parameters: join(folder, 'parameters.json'),
    metrics: join(folder, 'metrics.jsonl'),
    remove: () => removeAll(folder),
  };
  try {
    await mkdir(layout.checkpoint);
    await mkdir(layout.files);
    for (const [path, bytes] of files) {
      if (!isInside(path)) throw new Error(`the file ${JSON.stringify(path)} lies outside of the program's folder`);
      await mkdir(dirname(join(layout.files, path)), { recursive: true });
      await writeFile(join(layout.files, path), bytes);
      await chmod(join(layout.files, path), 0o555); // a script is run as it is, whoever has forgotten to say so
    }
    if (resume !== undefined) await unpack(resume.folder, join(layout.checkpoint, String(resume.step)));
    await writeFile(layout.parameters, `${JSON.stringify(parameters, null, 2)}\n`);
    await writeFile(layout.metrics, '');
    return layout;
  } catch (error) {
    await removeAll(folder);
    throw error;
  }
}

/** Whatever a program has made of its folders' rights. */
async function removeAll(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(async () => {
    await openUp(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {}); // of no use to anybody: the system clears it
  });
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => []))
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
}
