import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { refused } from '../core/refusal.ts';
import { makeFolder } from './make-folder.ts';
import { moveNew } from './move-new.ts';
import type { Store } from './types.ts';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/** What a file system answers that has no hard links, or lets nobody make them: FAT, many network file systems. */
const NO_LINKS = ['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'];
/** And one that cannot be told to write a folder's entries down now. A disk that fails has other words. */
const NO_FOLDER_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EISDIR', 'EPERM', 'EACCES'];

async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if (!NO_FOLDER_SYNC.includes(codeOf(error))) throw error;
  }
}

/** Puts a whole file in its place unless something is there. */
async function publishNew(temp: string, target: string): Promise<boolean> {
  try {
    await link(temp, target);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    return moveNew(temp, target);
  }
}

/** A store in a folder. Writes are temp file, fsync, rename (or link, where only the first may win), fsync of the folder. */
export function openFolder(root: string): Store {
  const place = (key: string) => {
    const parts = key.split('/').filter((part) => part !== '');
    if (parts.some((part) => part === '.' || part === '..' || part.includes('\0'))) throw new UserError(`"${key}" leaves the runs folder`);
    return join(root, ...parts);
  };

  /** Nothing there. A runs folder that is a file, or below one, is not missing but a mistake. */
  async function isMissing(error: unknown): Promise<boolean> {
    if (codeOf(error) !== 'ENOTDIR') return codeOf(error) === 'ENOENT';
    return stat(root).then((found) => found.isDirectory(), (why: unknown) => codeOf(why) === 'ENOENT');
  }

  /** What the file system refuses is said in words, with the folder that it is about. */
  async function within<T>(folder: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { path = folder } = error as NodeJS.ErrnoException;
      throw refused(error, path.startsWith(join(folder, '.')) ? folder : path, 'give another folder with --runs');
    }
  }

  /** Writes beside the target, so that the rename stays on one file system; leaves nothing behind when it fails. */
  async function writeBeside<T>(target: string, bytes: Uint8Array | string | AsyncIterable<string>, publish: (temp: string) => Promise<T>): Promise<T> {
    const folder = dirname(target);
    await makeFolder(folder);
    const temp = join(folder, `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
    try {
      const file = await open(temp, 'wx');
      try {
        await writeFile(file, bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      const result = await publish(temp);
      await syncFolder(folder);
      return result;
    } finally {
      await rm(temp, { force: true });
    }
  }

  return {
    url: root,
    async get(key) {
      const target = place(key);
      return within(dirname(target), async () => {
        try {
          return await readFile(target);
        } catch (error) {
          if (await isMissing(error)) return undefined;
          throw error;
        }
      });
    },
    async put(key, bytes) {
      const target = place(key);
      await within(dirname(target), () => writeBeside(target, bytes, (temp) => rename(temp, target)));
    },
    async putNew(key, bytes) {
      const target = place(key);
      return within(dirname(target), () => writeBeside(target, bytes, (temp) => publishNew(temp, target)));
    },
    async list(prefix) {
      const target = place(prefix);
      return within(target, async () => {
        try {
          const entries = await readdir(target, { withFileTypes: true });
          return entries.filter((e) => !e.name.startsWith('.')).map((e) => (e.isDirectory() ? `${e.name}/` : e.name)).sort();
        } catch (error) {
          if (await isMissing(error)) return [];
          throw error;
        }
      });
    },
    async remove(prefix) {
      const target = place(prefix);
      await within(target, async () => {
        try {
          await unlink(target);
        } catch (error) {
          if (await isMissing(error)) return;
          await rm(target, { recursive: true, force: true });
        }
      });
    },
  };
}
