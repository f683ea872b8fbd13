/**
 * A folder as bytes, and back: the same files give the same bytes, whatever their order on disk, owner and age. What
 * the bytes are is told beside them.
 */
import { chmod, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

/** A checkpoint goes through memory. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/** A file of it, with '/' in its path; `runs`: it can be run. */
export type Entry = { path: string; size: number; runs?: true };

export interface Packed {
  /** By path. */
  entries: Entry[];
  /** The contents, one after the other. */
  bytes: Uint8Array;
}

/** Throws an Error that says what of it cannot be packed. */
export async function pack(folder: string): Promise<Packed> {
  const entries: Entry[] = [];
  const contents: Buffer[] = [];
  let total = 0;
  const names = (await readdir(folder, { recursive: true })).map((name) => name.split(sep).join('/'));
  for (const path of names.sort()) {
    const stat = await lstat(join(folder, path));
    if (stat.isDirectory()) continue;
    if (!stat.isFile()) throw new Error(`has ${path}, which is no file and no folder`);
    if ((total += stat.size) > MOST_BYTES) throw new Error('has more than 2 GiB');
    const bytes = await readFile(join(folder, path));
    entries.push({ path, size: bytes.length, ...(stat.mode & 0o100 ? { runs: true } : {}) });
    contents.push(bytes);
  }
  return { entries, bytes: Buffer.concat(contents) };
}

/** Into a folder, which is made. Throws an Error of what is no packed folder. */
export async function unpack({ entries, bytes }: Packed, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  let at = 0;
  for (const { path, size, runs } of entries) {
    if (!isInside(path)) throw new Error(`a packed folder whose ${JSON.stringify(path)} lies outside`);
    if (!(size >= 0 && at + size <= bytes.length)) throw new Error(`a packed folder that ends within ${path}`);
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes.subarray(at, at + size));
    if (runs) await chmod(file, 0o755);
    at += size;
  }
}

/** Whether a relative path with '/' stays in its folder. */
export const isInside = (path: string): boolean =>
  path !== '' && !path.startsWith('/') && !path.split('/').some((part) => part === '..' || part === '.' || part === '');
