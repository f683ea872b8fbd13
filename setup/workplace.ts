/** Making a folder or file in the cache so that nobody ever sees half of it: locked, made aside, renamed into place. */
import { readFileSync } from 'node:fs';
import { chmod, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { UserError } from '../core/errors.ts';
import { adviceOn, refusalOf } from '../core/refusal.ts';
import { makeOurs } from './private.ts';

export interface WorkplaceOptions {
  signal?: AbortSignal | undefined;
  onWait?: (() => void) | undefined;
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Runs `work` while nobody else on this machine does the same for `path`. The lock of a process that died is taken
 * over.
 */
export async function withLock<T>(path: string, options: WorkplaceOptions, work: () => Promise<T>): Promise<T> {
  await ensureFolder(dirname(path));
  let release: (() => Promise<void>) | undefined;
  while (!release) {
    options.signal?.throwIfAborted();
    try {
      // A laptop that slept comes back with a lock it thinks lost; makeAside() stays right without it.
      release = await lockfile.lock(path, {
        realpath: false,
        stale: 5_000,
        update: 1_000,
        onCompromised: () => undefined,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') explain(error);
      options.onWait?.();
      await sleep(300, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}

export interface MakeOptions extends WorkplaceOptions {
  /** Whether the target that is there will do: one that was damaged is made again. Left out: whatever is there will. */
  isWhole?: () => Promise<boolean>;
}

/**
 * Makes `target` (a folder) once: `make` fills a folder beside it, which then takes its place in one step. What dead
 * processes left behind is removed first; interrupted or failed, nothing remains.
 */
export async function makeOnce(
  target: string,
  options: MakeOptions,
  make: (aside: string) => Promise<void>,
): Promise<void> {
  const { isWhole = () => exists(target) } = options;
  await withLock(target, options, async () => {
    if (await isWhole()) return;
    await removeLeftovers(dirname(target), `${basename(target)}.part-`);
    await removeTree(target);
    const aside = `${target}.part-${process.pid}`;
    await makeOurs(aside);
    try {
      await make(aside).catch(explain);
      options.signal?.throwIfAborted();
      await rename(aside, target).catch(async (error: unknown) => {
        if (!(await isWhole())) throw error;
      });
    } finally {
      await removeTree(aside);
    }
  });
}

export async function ensureFolder(path: string): Promise<void> {
  await makeOurs(path).catch(explain);
}

/** A disk that is full or closed to us is nothing that a stack would explain. */
function explain(error: unknown): never {
  const { path = "The folder of sweep's parts" } = error as NodeJS.ErrnoException;
  const problem = refusalOf(error);
  if (problem === undefined) throw error;
  throw new UserError(`${path}: ${problem}; ${adviceOn(error, 'set SWEEP_HOME to a folder where there is room')}`);
}

/** Removes what dead processes left in a folder, each under the prefix and its id. */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length)))) await removeTree(join(folder, name));
  }
}

/** With folders that are closed to writing, as Go leaves them. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(async (error: unknown) => {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o700);
    }
    await rm(path, { recursive: true, force: true });
  });
}

/** In bytes: how far a download is that another program makes somewhere below the folder. */
export async function largestFile(folder: string): Promise<number> {
  const sizes = await readdir(folder, { recursive: true })
    .then((names) =>
      Promise.all(
        names.map((name) =>
          stat(join(folder, name)).then(
            (s) => (s.isFile() ? s.size : 0),
            () => 0,
          ),
        ),
      ),
    )
    .catch(() => []);
  return Math.max(0, ...sizes);
}

/** Whether a process has this id. One that ended and only waits for its parent to take notice does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return process.platform !== 'linux' || !/\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
