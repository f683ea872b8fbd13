/**
 * A process that answers a line of JSON with a line of JSON, for as long as it is asked: so that programs in several
 * languages can take turns. The first line it prints says who it is, or what it is missing.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface LineWorker {
  /** Its first line. */
  hello: Hello;
  /** Throws what the worker says went wrong, or how it ended. */
  ask<Answer>(request: object): Promise<Answer>;
  close(): void;
}

export interface Hello {
  name: string;
  /** By library: {torch: '2.4.0'}. */
  versions: Record<string, string>;
  /** How many trials each of its steps trains; left out: one. */
  lanes?: number;
  /** What is not installed, and how to get it; then nothing can be asked. */
  missing?: string;
}

export interface LineWorkerOptions {
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** Rejects if the program cannot be started, or ends before its first line. */
export async function startLineWorker(
  command: string,
  args: readonly string[],
  { env = {}, signal }: LineWorkerOptions = {},
): Promise<LineWorker> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  child.stdin.on('error', () => {}); // it has ended, which 'close' tells of
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  child.once('error', (error) => end(new Error(`${command}: ${error.message}`)));
  child.once('close', (code, killedBy) =>
    end(new Error(`${[command, ...args].join(' ')} ended (${killedBy ?? `code ${code}`}): ${errors.trim()}`)),
  );
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => waiting.shift()?.resolve(line));
  const next = () =>
    new Promise<string>((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.push({ resolve, reject });
    });
  const parsed = <T>(line: string): T => {
    const answer = JSON.parse(line) as T & { error?: string };
    if (typeof answer.error === 'string') throw new Error(answer.error);
    return answer;
  };
  const hello = parsed<Hello>(await next());
  return {
    hello,
    async ask<Answer>(request: object) {
      const answer = next();
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return parsed<Answer>(await answer);
    },
    close() {
      child.kill('SIGKILL');
    },
  };
}
