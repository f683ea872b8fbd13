/**
 * What lies in a folder of the cache, by the hashes that it had when it was made. A program is hashed again before it
 * is used, unless it is the very file that was hashed last: that a file system tells by its inode and the time of its
 * last change.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Sealed {
  bytes: number;
  sha256: string;
}
/**
 * By path in the folder. Earlier versions wrote the size alone; the hash of such a file is the one that it is first
 * seen with.
 */
export type Seal = Readonly<Record<string, Sealed | number>>;

interface Seen {
  sha256: string;
  file: string;
}
/** Beside the files, by their paths. */
const SEEN = 'seen.json';

/** All files in the folder. */
export async function seal(folder: string): Promise<Record<string, Sealed>> {
  const sealed: Record<string, Sealed> = {};
  const seen: Record<string, Seen> = {};
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const stats = await stat(path);
    if (!stats.isFile()) continue;
    seen[name] = { file: await identity(path), sha256: await sha256(path) };
    sealed[name] = { bytes: stats.size, sha256: seen[name].sha256 };
  }
  await writeSeen(folder, seen);
  return sealed;
}

/**
 * The `manifest.json` of a folder that we made, which lists its files; undefined if it is not there, or a file is
 * missing or has changed. `unlisted`: stands for the files of one that lists none.
 */
export async function readSealed<M extends { files?: Seal }>(folder: string, unlisted?: Seal): Promise<M | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as M;
    const files = manifest.files ?? unlisted;
    return files !== undefined && (await isIntact(folder, files)) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Whether every file is there and is what it was. */
export async function isIntact(folder: string, files: Seal): Promise<boolean> {
  const seen = await readSeen(folder);
  let news = false;
  for (const [name, sealed] of Object.entries(files)) {
    const path = join(folder, name);
    const { bytes, sha256: wanted = seen[name]?.sha256 } = typeof sealed === 'number' ? { bytes: sealed } : sealed;
    const stats = await stat(path).catch(() => undefined);
    if (stats?.size !== bytes) return false;
    const file = await identity(path);
    if (wanted !== undefined && seen[name]?.file === file && seen[name].sha256 === wanted) continue;
    const found = await sha256(path);
    if (wanted !== undefined && found !== wanted) return false;
    seen[name] = { file, sha256: found };
    news = true;
  }
  if (news) await writeSeen(folder, seen);
  return true;
}

type OnBytes = (done: number) => void;

export const sha256 = (path: string, onBytes?: OnBytes, signal?: AbortSignal): Promise<string> =>
  hashOf(path, { algorithm: 'sha256', encoding: 'hex' }, onBytes, signal);

export async function hashOf(
  path: string,
  { algorithm, encoding }: { algorithm: 'sha256' | 'sha512'; encoding: 'hex' | 'base64' },
  onBytes: OnBytes = () => {},
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 4 << 20, signal })) {
    hash.update(chunk as Buffer);
    onBytes((done += (chunk as Buffer).length));
  }
  return hash.digest(encoding);
}

async function identity(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

const readSeen = (folder: string): Promise<Record<string, Seen>> =>
  readFile(join(folder, SEEN), 'utf8')
    .then((text) => JSON.parse(text) as Record<string, Seen>)
    .catch(() => ({}));

/** Where it cannot be kept, the next process hashes again. */
async function writeSeen(folder: string, seen: Record<string, Seen>): Promise<void> {
  const draft = join(folder, `${SEEN}.${process.pid}`);
  await writeFile(draft, JSON.stringify(seen, null, 2))
    .then(() => rename(draft, join(folder, SEEN)))
    .catch(() => {});
}
