import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { Store } from './types.ts';

const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** A store in a folder. Writes are temp file, fsync, rename (or link, where only the first may win), fsync of the folder. */
export function openFolder(root: string): Store {
  const place = (key: string) => {
    const parts = key.split('/').filter((part) => part !== '');
    if (parts.some((part) => part === '.' || part === '..' || part.includes('\0'))) throw new UserError(`"${key}" leaves the runs folder`);
    return join(root, ...parts);
  };

  /** Whether the folder was ever there. */
  let seen = false;
  const look = async () => { seen ||= await stat(root).then(() => true, () => false); };

  /** Makes the folder that a key lies in; but one that was moved or deleted while it was in use is not made again, in part, where it was. */
  async function makeRoom(folder: string): Promise<void> {
    if (seen && !(await stat(root).then(() => true, () => false))) {
      throw new UserError(`${root} has gone: it was moved or deleted while a sweep used it; give its new place with --runs`);
    }
    await mkdir(folder, { recursive: true });
    seen = true;
  }

  /** Writes beside the target, so that the rename stays on one file system; leaves nothing behind when it fails. */
  async function writeBeside<T>(target: string, bytes: Uint8Array | string | AsyncIterable<string>, publish: (temp: string) => Promise<T>): Promise<T> {
    await makeRoom(dirname(target));
    const temp = join(dirname(target), `.tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
    try {
      const file = await open(temp, 'wx');
      try {
        await writeFile(file, bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      const result = await publish(temp);
      const folder = await open(dirname(target), 'r');
      await folder.sync().finally(() => folder.close());
      return result;
    } finally {
      await rm(temp, { force: true });
    }
  }

  return {
    url: root,
    async get(key) {
      await look();
      try {
        return await readFile(place(key));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async put(key, bytes) {
      const target = place(key);
      await writeBeside(target, bytes, (temp) => rename(temp, target));
    },
    async putNew(key, bytes) {
      const target = place(key);
      return writeBeside(target, bytes, async (temp) => {
        try {
          await link(temp, target);
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
          throw error;
        }
      });
    },
    async list(prefix) {
      await look();
      try {
        const entries = await readdir(place(prefix), { withFileTypes: true });
        return entries.filter((e) => !e.name.startsWith('.')).map((e) => (e.isDirectory() ? `${e.name}/` : e.name)).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    async remove(prefix) {
      const target = place(prefix);
      try {
        await unlink(target);
      } catch (error) {
        if (isMissing(error)) return;
        await rm(target, { recursive: true, force: true });
      }
    },
  };
}
