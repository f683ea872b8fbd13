import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * As `mkdir -p`. Node's own hides what the system refuses (a read-only file system reads as "no such file"), and below
 * /proc never ends.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path));
      await mkdir(path).catch((again: unknown) => unlessFolder(path, again)); // somebody may have been faster
    } else await unlessFolder(path, error);
  }
}

/** A folder that is there is what was wanted, whatever the system said: on a read-only one it names that first. */
async function unlessFolder(path: string, error: unknown): Promise<void> {
  if (
    !(await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    ))
  )
    throw error;
}
