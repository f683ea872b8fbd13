import type { Dirent } from 'node:fs';
import { link, lstat, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { refused } from '../core/refusal.ts';
import { inTurn } from './in-turn.ts';
import { makeFolder } from './make-folder.ts';
import { moveNew } from './move-new.ts';
import { readAhead } from './read-ahead.ts';
import { isAbandoned, temporaryName } from './temporary.ts';
import type { Store, Stray } from './types.ts';

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

const isHidden = (name: string) => name.startsWith('.');

/** A link to a folder is one: sweeps may lie on another disk. */
const isFolder = async (parent: string, entry: Dirent): Promise<boolean> =>
  entry.isDirectory() ||
  (entry.isSymbolicLink() && (await stat(join(parent, entry.name)).catch(() => undefined))?.isDirectory() === true);

/**
 * A store in a folder. Writes are temp file, fsync, rename (or link, where only the first may win), fsync of the
 * folder.
 */
export function openFolder(root: string): Store {
  const place = (key: string) => {
    const parts = key.split('/').filter((part) => part !== '');
    if (parts.some((part) => part === '.' || part === '..' || part.includes('\0')))
      throw new UserError(`"${key}" leaves the runs folder`);
    return join(root, ...parts);
  };

  /** Whether the folder was ever there. */
  let seen = false;
  const look = async () => {
    seen ||= await stat(root).then(
      () => true,
      () => false,
    );
  };

  /**
   * Makes the folder that a key lies in; but one that was moved or deleted while it was in use is not made again, in
   * part, where it was.
   */
  async function makeRoom(folder: string): Promise<void> {
    if (
      seen &&
      !(await stat(root).then(
        () => true,
        () => false,
      ))
    ) {
      throw new UserError(
        `${root} has gone: it was moved or deleted while a sweep used it; give its new place with --runs`,
      );
    }
    await makeFolder(folder);
    seen = true;
  }

  /** Nothing there. A runs folder that is a file, or below one, is not missing but a mistake. */
  async function isMissing(error: unknown): Promise<boolean> {
    if (codeOf(error) !== 'ENOTDIR') return codeOf(error) === 'ENOENT';
    return stat(root).then(
      (found) => found.isDirectory(),
      (why: unknown) => codeOf(why) === 'ENOENT',
    );
  }

  async function entriesOf(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(folder, { withFileTypes: true });
    } catch (error) {
      if (await isMissing(error)) return [];
      throw error;
    }
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
  async function writeBeside<T>(
    target: string,
    bytes: Uint8Array | string | AsyncIterable<string>,
    publish: (temp: string) => Promise<T>,
  ): Promise<T> {
    const folder = dirname(target);
    await makeRoom(folder);
    const temp = join(folder, temporaryName());
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
      await look();
      const target = place(key);
      return within(dirname(target), async () => {
        try {
          return await inTurn(() => readFile(target));
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
      await look();
      const folder = place(prefix);
      return within(folder, async () => {
        const shown = (await entriesOf(folder)).filter(({ name }) => !isHidden(name));
        return (
          await Promise.all(shown.map(async (e) => ((await isFolder(folder, e)) ? `${e.name}/` : e.name)))
        ).sort();
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
    async strays(prefix) {
      const found: Stray[] = [];
      const folders: string[] = [];
      for (const e of await entriesOf(place(prefix))) {
        const key = prefix === '' ? e.name : `${prefix}/${e.name}`;
        if (isHidden(e.name))
          found.push({
            key,
            what: 'hidden',
            abandoned: isAbandoned(e.name, (await lstat(place(key)).catch(() => undefined))?.mtime ?? new Date()),
          });
        else if (e.isDirectory()) folders.push(key);
        else if (!e.isFile()) found.push({ key, what: e.isSymbolicLink() ? 'link' : 'special', abandoned: false });
      }
      for await (const inside of readAhead(folders, (folder) => this.strays?.(folder) ?? Promise.resolve([])))
        found.push(...inside);
      return found;
    },
  };
}
