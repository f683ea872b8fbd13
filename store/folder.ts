import type { Dirent } from 'node:fs';
import { link, lstat, open, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { refused } from '../core/refusal.ts';
import { inTurn } from './in-turn.ts';
import { partsOf } from './keys.ts';
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

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The folder that a store lies in. */
interface Root {
  readonly path: string;
  /** Where a key lies; throws a UserError for one that leads out of the folder. */
  place(key: string): string;
  /** To be called before anything is read: remembers that the folder was there. */
  look(): Promise<void>;
  /**
   * Makes the folder that a key lies in; but the store's own, once it was moved or deleted while it was in use, is not
   * made again, in part, where it was.
   */
  makeRoom(folder: string): Promise<void>;
  /** Whether the error says that nothing is there. A runs folder that is a file, or below one, is a mistake. */
  isMissing(error: unknown): Promise<boolean>;
}

function rootAt(path: string): Root {
  /** Whether the folder was ever there. */
  let seen = false;
  return {
    path,
    place(key) {
      return join(path, ...partsOf(key));
    },
    async look() {
      seen ||= await isThere(path);
    },
    async makeRoom(folder) {
      if (seen && !(await isThere(path)))
        throw new UserError(
          `${path} has gone: it was moved or deleted while a sweep used it; give its new place with --runs`,
        );
      await makeFolder(folder);
      seen = true;
    },
    async isMissing(error) {
      if (codeOf(error) !== 'ENOTDIR') return codeOf(error) === 'ENOENT';
      return stat(path).then(
        (found) => found.isDirectory(),
        (why: unknown) => codeOf(why) === 'ENOENT',
      );
    },
  };
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

async function entriesOf(root: Root, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (await root.isMissing(error)) return [];
    throw error;
  }
}

/** Writes beside the target, so that the rename stays on one file system; leaves nothing behind when it fails. */
async function writeBeside<T>(
  root: Root,
  target: string,
  bytes: Uint8Array | string | AsyncIterable<string>,
  publish: (temp: string) => Promise<T>,
): Promise<T> {
  const folder = dirname(target);
  await root.makeRoom(folder);
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

async function straysIn(root: Root, prefix: string): Promise<Stray[]> {
  const found: Stray[] = [];
  const folders: string[] = [];
  const changedAt = async (key: string) => (await lstat(root.place(key)).catch(() => undefined))?.mtime ?? new Date();
  for (const e of await entriesOf(root, root.place(prefix))) {
    const key = prefix === '' ? e.name : `${prefix}/${e.name}`;
    if (isHidden(e.name)) found.push({ key, what: 'hidden', abandoned: isAbandoned(e.name, await changedAt(key)) });
    else if (e.isDirectory()) folders.push(key);
    else if (!e.isFile()) found.push({ key, what: e.isSymbolicLink() ? 'link' : 'special', abandoned: false });
  }
  for await (const inside of readAhead(folders, (folder) => straysIn(root, folder))) found.push(...inside);
  return found;
}

/**
 * A store in a folder. Writes are temp file, fsync, rename (or link, where only the first may win), fsync of the
 * folder.
 */
export function openFolder(path: string): Store {
  const root = rootAt(path);
  return {
    url: path,
    describe: root.place,
    async get(key) {
      await root.look();
      const target = root.place(key);
      return within(dirname(target), async () => {
        try {
          return await inTurn(() => readFile(target));
        } catch (error) {
          if (await root.isMissing(error)) return undefined;
          throw error;
        }
      });
    },
    async put(key, bytes) {
      const target = root.place(key);
      await within(dirname(target), () => writeBeside(root, target, bytes, (temp) => rename(temp, target)));
    },
    async putNew(key, bytes) {
      const target = root.place(key);
      return within(dirname(target), () => writeBeside(root, target, bytes, (temp) => publishNew(temp, target)));
    },
    async list(prefix) {
      await root.look();
      const folder = root.place(prefix);
      return within(folder, async () => {
        const shown = (await entriesOf(root, folder)).filter(({ name }) => !isHidden(name));
        return (
          await Promise.all(shown.map(async (e) => ((await isFolder(folder, e)) ? `${e.name}/` : e.name)))
        ).sort();
      });
    },
    async remove(prefix) {
      const target = root.place(prefix);
      await within(target, async () => {
        try {
          await unlink(target);
        } catch (error) {
          if (await root.isMissing(error)) return;
          await rm(target, { recursive: true, force: true });
        }
      });
    },
    strays: (prefix) => straysIn(root, prefix),
  };
}
