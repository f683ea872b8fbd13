import type { Dirent } from 'node:fs';
import { link, lstat, mkdir, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { inTurn } from './in-turn.ts';
import { readAhead } from './read-ahead.ts';
import { isAbandoned, temporaryName } from './temporary.ts';
import type { Store, Stray } from './types.ts';

const isMissing = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

const isHidden = (name: string) => name.startsWith('.');

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** A link to a folder is one: sweeps may lie on another disk. */
const isFolder = async (parent: string, entry: Dirent): Promise<boolean> =>
  entry.isDirectory() || (entry.isSymbolicLink() && (await stat(join(parent, entry.name)).catch(() => undefined))?.isDirectory() === true);

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
    const temp = join(dirname(target), temporaryName());
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
        return await inTurn(() => readFile(place(key)));
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
      const folder = place(prefix);
      const shown = (await entriesOf(folder)).filter(({ name }) => !isHidden(name));
      return (await Promise.all(shown.map(async (e) => (await isFolder(folder, e) ? `${e.name}/` : e.name)))).sort();
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
    async strays(prefix) {
      const found: Stray[] = [];
      const folders: string[] = [];
      for (const e of await entriesOf(place(prefix))) {
        const key = prefix === '' ? e.name : `${prefix}/${e.name}`;
        if (isHidden(e.name)) found.push({ key, what: 'hidden', abandoned: isAbandoned(e.name, (await lstat(place(key)).catch(() => undefined))?.mtime ?? new Date()) });
        else if (e.isDirectory()) folders.push(key);
        else if (!e.isFile()) found.push({ key, what: e.isSymbolicLink() ? 'link' : 'special', abandoned: false });
      }
      for await (const inside of readAhead(folders, (folder) => this.strays?.(folder) ?? Promise.resolve([]))) found.push(...inside);
      return found;
    },
  };
}
