/**
 * Running other programs: found on PATH, stopped with all their children when the signal says so. Which libraries they
 * can load.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  onLine?: (line: string) => void;
}

export interface RunResult {
  /** null: it was killed, or never started. */
  code: number | null;
  /** Standard output and error, in the order they came; the last 64 KiB. */
  output: string;
}

const KEPT = 65_536;

/** Runs to the end and never throws for a failing program; throws the signal's reason if aborted. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      output = (output + line + '\n').slice(-KEPT);
      options.onLine?.(line);
    });
  }
  const end = (): void => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // already gone
    }
  };
  const timer = options.timeoutMs ? setTimeout(end, options.timeoutMs) : undefined;
  options.signal?.addEventListener('abort', end, { once: true });
  try {
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        output += error.message;
        resolve(null);
      });
      child.once('close', resolve);
    });
    options.signal?.throwIfAborted();
    return { code, output };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', end);
  }
}

/** The program's full path, from PATH and then the given folders. */
export async function findProgram(name: string, folders: readonly string[] = []): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...folders]) {
    if (!folder) continue;
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** The version of the C library that this process runs on; undefined: another one than glibc. */
export const glibc = (): string | undefined =>
  (process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined)?.header
    ?.glibcVersionRuntime;

/** Runs a line of Node that loads a library, in a process of its own; what went wrong, if anything. */
export async function loadsIn(
  line: string,
  library: string,
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { code, output } = await run(process.execPath, ['-e', line, library], {
    signal,
    timeoutMs: 60_000,
    env: { ...process.env, ...env, NODE_OPTIONS: '' },
  });
  if (code === 0) return undefined;
  const said = output
    .split('\n')
    .find((text) => text.startsWith('Error: '))
    ?.slice('Error: '.length);
  if (said !== undefined) return said;
  return code === null
    ? 'it crashed (a processor without AVX?)'
    : (output.trim().split('\n').at(-1) ?? `exit code ${code}`);
}
