/**
 * Programs that outlive the command that started them: one detached supervisor each, restarted when they crash, never two
 * of one name. `<folder>/<name>.json` says how things stand, `<folder>/<name>.log` has the output.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Json } from '../core/json.ts';
import { isAlive, withLock } from '../setup/workplace.ts';
import type { Place } from './ports.ts';

/** A port of 127.0.0.1, and what stands behind it. */
export interface Front { port: number; to: Place }

export interface Supervised {
  name: string;
  /** Where its record, log and lock are. */
  folder: string;
  command: string;
  args: readonly string[];
  cwd?: string;
  /** Added to this process's environment. */
  env?: Readonly<Record<string, string>>;
  /** Kept in the record, for whoever asks for the status. */
  meta?: Json;
  /** What its supervisor serves for it (server/front.js). */
  front?: Front;
  /** Between SIGTERM and SIGKILL. */
  graceMs?: number;
  /** It is given up after so many failures in a row, each within ten seconds of its start. */
  quickFailures?: number;
}

export interface SupervisedStatus {
  /** orphaned: the supervisor was killed and its program goes on; ensureSupervised() puts it right. */
  state: 'absent' | 'running' | 'orphaned' | 'stopped' | 'failed';
  supervisorPid?: number;
  /** Missing between a crash and the restart. */
  childPid?: number;
  startedAt?: string;
  restarts?: number;
  /** Why it last ended, if it did not end as asked. */
  reason?: string;
  meta?: Json;
  log: string;
}

/** As server/supervisor.js writes it. */
interface StateFile {
  supervisor: string[];
  command: string;
  args: string[];
  meta?: Json;
  supervisorPid: number;
  childPid: number;
  startedAt: string;
  restarts: number;
  state: 'running' | 'stopped' | 'failed';
  reason: string;
}

const SUPERVISOR = fileURLToPath(new URL('supervisor.js', import.meta.url));
const recordPath = (name: string, folder: string): string => join(folder, `${name}.json`);
const logPath = (name: string, folder: string): string => join(folder, `${name}.log`);

/** Starts it, or leaves it be if it runs. Two callers at once start one. */
export function ensureSupervised(program: Supervised): Promise<SupervisedStatus> {
  const { name, folder } = program;
  return withLock(join(folder, name), {}, async () => {
    const status = await supervisedStatus(name, folder);
    if (status.state === 'running') return status;
    if (status.state === 'orphaned') await endProcess(status.childPid, program.graceMs ?? 10_000);
    return launch(program);
  });
}

/** Ends it: SIGTERM, then SIGKILL after the grace. Does nothing if it does not run. */
export function stopSupervised(name: string, folder: string, graceMs = 10_000): Promise<SupervisedStatus> {
  return withLock(join(folder, name), {}, async () => {
    const { supervisorPid, childPid, state } = await supervisedStatus(name, folder);
    if (state === 'running') await endProcess(supervisorPid, graceMs + 5_000);
    const after = await supervisedStatus(name, folder);
    if (after.state === 'orphaned') await endProcess(after.childPid ?? childPid, graceMs);
    return supervisedStatus(name, folder);
  });
}

export async function supervisedStatus(name: string, folder: string): Promise<SupervisedStatus> {
  const log = logPath(name, folder);
  const record = await readFile(recordPath(name, folder), 'utf8').then((text) => JSON.parse(text) as StateFile, () => undefined);
  if (!record) return { state: 'absent', log };
  const supervised = record.state === 'running' && runs(record.supervisorPid, record.supervisor);
  const child = record.childPid > 0 && runs(record.childPid, [record.command, ...record.args]);
  return {
    state: supervised ? 'running' : child ? 'orphaned' : record.state === 'running' ? 'stopped' : record.state,
    ...(supervised && { supervisorPid: record.supervisorPid }),
    ...(child && { childPid: record.childPid }),
    startedAt: record.startedAt, restarts: record.restarts, log,
    ...(record.reason && { reason: record.reason }),
    ...(record.meta !== undefined && { meta: record.meta }),
  };
}

async function launch(program: Supervised): Promise<SupervisedStatus> {
  const { name, folder, command, args, cwd = process.cwd(), env = {}, meta = null, front, graceMs = 10_000, quickFailures = 5 } = program;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const record = recordPath(name, folder);
  await rm(record, { force: true });
  const supervised = [process.execPath, SUPERVISOR, record] as const;
  const order = JSON.stringify({
    record, log: logPath(name, folder), supervisor: supervised, command, args, cwd, meta, front, graceMs, quickFailures,
  });
  // Its own complaints, should there ever be any, belong beside the program's.
  const log = openSync(logPath(name, folder), 'a', 0o600);
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const [node, ...rest] = supervised;
  const supervisor = spawn(node, rest, {
    detached: true, cwd: folder, stdio: ['ignore', log, log], env: { ...inherited, ...env, SWEEP_SUPERVISE: order },
  });
  closeSync(log);
  const failure = new Promise<never>((_resolve, reject) => supervisor.once('error', reject));
  supervisor.unref();
  for (;;) {
    const status = await Promise.race([supervisedStatus(name, folder), failure]);
    if (status.state !== 'absent') return status;
    const code = supervisor.exitCode;
    if (code !== null) throw new Error(`The supervisor of ${name} ended with code ${code}; see ${status.log}`);
    await Promise.race([sleep(20), failure]);
  }
}

/** SIGTERM, then SIGKILL, then sure. */
async function endProcess(pid: number | undefined, graceMs: number): Promise<void> {
  if (!pid) return;
  for (const [signal, patience] of [['SIGTERM', graceMs], ['SIGKILL', 5_000]] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waited = 0; waited < patience; waited += 50) {
      if (!isAlive(pid)) return;
      await sleep(50);
    }
  }
}

/** Whether this pid is that program: after a crash or a reboot the number may belong to a stranger. */
function runs(pid: number, commandLine: readonly string[]): boolean {
  return isAlive(pid) && commandLineOf(pid) === commandLine.join(' ');
}

function commandLineOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
