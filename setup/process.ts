/** Running other programs: found on PATH, stopped with all their children when the signal says so. */
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
