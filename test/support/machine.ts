/** A machine of its own for end-to-end tests: state folder, ports and runs folder; set-up parts are shared. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { workerRecord } from '../../orchestrate/background.ts';
import { freePort } from '../../server/ports.ts';
import { stopSupervised, supervisedStatus, type SupervisedStatus } from '../../server/supervise.ts';
import { cacheDir } from '../../setup/home.ts';
import { openStore } from '../../store/index.ts';

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}
export interface Running {
  process: ChildProcess;
  output(): string;
  ended: Promise<Ended>;
}

export interface Machine {
  folder: string;
  env: NodeJS.ProcessEnv;
  /** The Temporal server's SQLite file. */
  database: string;
  /** Starts `sweep …`. */
  spawn(...args: string[]): Running;
  /** The same with other variables in its environment. */
  spawnWith(variables: Record<string, string>, ...args: string[]): Running;
  /** Runs `sweep …` to its end. */
  sweep(...args: string[]): Promise<Ended>;
  server(): Promise<SupervisedStatus>;
  worker(runs: string): Promise<SupervisedStatus>;
  /** What a command printed and what the server and the workers logged last: for the message of a failed assertion. */
  story(ended: Ended): Promise<string>;
  /** Ends the server and the workers; removes the folder, unless it is to be kept. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

export async function newMachine(variables: Record<string, string> = {}): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-machine-'));
  await symlink(cacheDir(), join(folder, 'cache'));
  const port = await freePort([]);
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_') && name !== 'NODE_TEST_CONTEXT'),
    ),
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    SWEEP_HOME: folder,
    SWEEP_SERVER_PORT: String(port),
    SWEEP_UI_PORT: String(await freePort([], [port])),
    ...variables,
  };
  const serverFolder = join(folder, 'state/server');
  const workerFolder = join(folder, 'state/workers');
  const workers = new Set<string>();
  const workerName = async (runs: string) => {
    const { name } = await workerRecord(openStore(runs), join(folder, 'state'));
    workers.add(name);
    return name;
  };
  const machine: Machine = {
    folder,
    env,
    database: join(serverFolder, 'temporal.db'),
    spawn: (...args) => machine.spawnWith({}, ...args),
    spawnWith(others, ...args) {
      const child = spawn(process.execPath, [BIN, ...args], {
        env: { ...env, ...others },
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
      return { process: child, output: () => stdout + stderr, ended };
    },
    sweep: (...args) => machine.spawn(...args).ended,
    server: () => supervisedStatus('temporal', serverFolder),
    worker: async (runs) => supervisedStatus(await workerName(runs), workerFolder),
    async story({ stdout, stderr }) {
      const logs = [
        join(serverFolder, 'temporal.log'),
        ...[...workers].map((name) => join(workerFolder, `${name}.log`)),
      ];
      const tails = await Promise.all(
        logs.map(async (log) => `${log}:\n${(await readFile(log, 'utf8').catch(String)).slice(-2000)}`),
      );
      return [stdout, stderr, JSON.stringify(await machine.server()), ...tails].join('\n');
    },
    async stop({ keep = false } = {}) {
      for (const name of workers) await stopSupervised(name, workerFolder);
      await stopSupervised('temporal', serverFolder);
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
  return machine;
}

/** Waits until the probe finds something. The test's own time limit ends it otherwise. */
export async function until<T>(probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await probe();
    if (value) return value;
    await sleep(50);
  }
}

/** Process ids of the trainers of a worker. */
export function trainersOf(worker: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args=']).toString().split('\n');
  return lines
    .filter((line) => line.includes('trainer/process.ts'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => Number(parent) === worker)
    .map(([pid]) => Number(pid));
}
