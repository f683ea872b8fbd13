/** Folders that nobody else may read or write: they hold programs that we run, and the server's database. */
import { chmodSync, statSync, type Stats } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { UserError } from '../core/errors.ts';

/** Closed to all others when it is made; the same holds for the parents that are made with it. */
export const PRIVATE = 0o700;

const checked = new Set<string>();

/**
 * The path itself, if the folder is not there yet or is ours. One that others could read, as earlier versions made it,
 * is closed to them. One that somebody else made, or that anybody could write to, is refused: what lies there may be
 * theirs.
 */
export function ours(path: string, uid = process.getuid?.()): string {
  // none on Windows
  if (checked.has(path)) return path;
  const stats = statsOf(path);
  if (!stats?.isDirectory() || uid === undefined) return path; // whoever uses it will say what is wrong
  if (stats.uid !== uid && stats.uid !== 0) {
    throw new UserError(
      `${path} belongs to another user (uid ${stats.uid}), who could have sweep run programs of theirs; set SWEEP_HOME to a folder of your own.`,
    );
  }
  if ((stats.mode & 0o002) !== 0) {
    throw new UserError(
      `${path} may be written by every user, and sweep trusts what lies there: chmod 700 it if nobody else has been there, or remove it.`,
    );
  }
  if (stats.uid === uid && (stats.mode & 0o077) !== 0) close(path);
  checked.add(path);
  return path;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // not there, below a file, or not ours to see
  }
}

function close(path: string): void {
  try {
    chmodSync(path, PRIVATE);
  } catch {
    // a disk that is read-only, or knows no modes
  }
}

/** Makes a folder that only we may enter, wherever it is not there. */
export async function makeOurs(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: PRIVATE });
  ours(path);
}
