/**
 * Programs that outlive the command that started them: one detached supervisor each, restarted when they crash, never
 * two of one name. `<folder>/<name>.json` says how things stand, `<folder>/<name>.log` has the output. Other machines
 * may see the folder too (a home that a cluster shares): what runs there is told from what runs here, and not touched.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { makeOurs } from '../setup/private.ts';
import { isAlive, withLock } from '../setup/workplace.ts';
import { thisHost, type Host } from './host.ts';
import type { Place } from './ports.ts';

/** A port of 127.0.0.1, and what stands behind it. */
export interface Front {
  port: number;
  to: Place;
}

export interface Supervised {
  name: string;
  /** What people call it; left out: its name. */
  title?: string;
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
  /** It is given up after so many failures in a row: killed within ten seconds, or ended in error within `startMs`. */
  quickFailures?: number;
  /** In which it has started, or ends with an error if it cannot. */
  startMs?: number;
}

export interface SupervisedStatus {
  /**
   * orphaned: the supervisor was killed and its program goes on; ensureSupervised() puts it right. elsewhere: it runs
   * on another machine or in another container, or was running when that ended, a moment ago.
   */
  state: 'absent' | 'running' | 'orphaned' | 'elsewhere' | 'stopped' | 'failed';
  /** Of another machine, where it runs elsewhere. */
  host?: string;
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
  /** Left out by versions that knew one machine only. */
  host?: Host;
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
  const { name, folder, title = name } = program;
  return withLock(join(folder, name), {}, async () => {
    const status = await supervisedStatus(name, folder);
    if (status.state === 'running') return status;
    if (status.state === 'elsewhere') await mustBeOver(program, runsElsewhere(title, folder, status.host));
    if (status.state === 'orphaned') await endProcess(status.childPid, program.graceMs ?? 10_000);
    return launch(program);
  });
}

/**
 * Ends it: SIGTERM, then SIGKILL after the grace. Does nothing if it does not run; a UserError where only another
 * machine can.
 */
export function stopSupervised(
  name: string,
  folder: string,
  graceMs = 10_000,
  title = name,
): Promise<SupervisedStatus> {
  return withLock(join(folder, name), {}, async () => {
    const { supervisorPid, childPid, state, host } = await supervisedStatus(name, folder);
    if (state === 'elsewhere') await mustBeOver({ name, folder }, runsElsewhere(title, folder, host));
    if (state === 'running') await endProcess(supervisorPid, graceMs + 5_000);
    const after = await supervisedStatus(name, folder);
    if (after.state === 'orphaned') await endProcess(after.childPid ?? childPid, graceMs);
    return supervisedStatus(name, folder);
  });
}

export async function supervisedStatus(name: string, folder: string): Promise<SupervisedStatus> {
  const log = logPath(name, folder);
  const record = await readFile(recordPath(name, folder), 'utf8').then(
    (text) => JSON.parse(text) as StateFile,
    () => undefined,
  );
  if (!record) return { state: 'absent', log };
  if (record.host !== undefined && record.host.processes !== thisHost().processes)
    return statusElsewhere(record, name, folder);
  const supervised = record.state === 'running' && runs(record.supervisorPid, record.supervisor);
  const child = record.childPid > 0 && runs(record.childPid, [record.command, ...record.args]);
  return {
    state: supervised ? 'running' : child ? 'orphaned' : record.state === 'running' ? 'stopped' : record.state,
    ...(supervised && { supervisorPid: record.supervisorPid }),
    ...(child && { childPid: record.childPid }),
    startedAt: record.startedAt,
    restarts: record.restarts,
    log,
    ...(record.reason && { reason: record.reason }),
    ...(record.meta !== undefined && { meta: record.meta }),
  };
}

/**
 * Its supervisor touches the record every five seconds (supervisor.js). One that has not for so long, in milliseconds,
 * is gone: so much no two clocks differ.
 */
const SILENCE_MS = 2 * 60_000;
/** One that lives does it while we look on for so long. */
const BEAT_MS = 15_000;

async function statusElsewhere(
  { host, state, startedAt, restarts, reason, meta }: StateFile,
  name: string,
  folder: string,
): Promise<SupervisedStatus> {
  const isOver = state !== 'running' || Date.now() - ((await beatAt(name, folder)) ?? 0) > SILENCE_MS;
  return {
    state: !isOver ? 'elsewhere' : state === 'running' ? 'stopped' : state,
    ...(!isOver && host && { host: host.name }),
    startedAt,
    restarts,
    log: logPath(name, folder),
    ...(reason && { reason }),
    ...(meta !== undefined && { meta }),
  };
}

/** Opened, since a network file system then asks its server. */
async function beatAt(name: string, folder: string): Promise<number | undefined> {
  const record = await open(recordPath(name, folder), 'r').catch(() => undefined);
  return record
    ?.stat()
    .then(({ mtimeMs }) => mtimeMs)
    .finally(() => record.close());
}

/**
 * Throws a UserError if what runs elsewhere by its record gives a sign of life. A container that was started again is
 * not what it was before.
 */
async function mustBeOver({ name, folder }: Pick<Supervised, 'name' | 'folder'>, otherwise: string): Promise<void> {
  const before = await beatAt(name, folder);
  for (let waited = 0; waited < BEAT_MS; waited += 250) {
    await sleep(250);
    if ((await beatAt(name, folder)) !== before) throw new UserError(otherwise);
  }
}

/** What to say where something of ours is needed that runs on another machine. */
export const runsElsewhere = (title: string, folder: string, host = 'another machine'): string =>
  `${title} of ${folder} runs on ${host}, which shares that folder: go on there, set SWEEP_HOME to a folder of this machine's own, or TEMPORAL_ADDRESS to a server that both reach`;

async function launch(program: Supervised): Promise<SupervisedStatus> {
  const {
    name,
    folder,
    command,
    args,
    cwd = process.cwd(),
    env = {},
    meta = null,
    front,
    graceMs = 10_000,
    quickFailures = 5,
    startMs = 10_000,
  } = program;
  await makeOurs(folder);
  const record = recordPath(name, folder);
  await rm(record, { force: true });
  const supervised = [process.execPath, SUPERVISOR, record] as const;
  const order = JSON.stringify({
    record,
    host: thisHost(),
    log: logPath(name, folder),
    supervisor: supervised,
    command,
    args,
    cwd,
    meta,
    front,
    graceMs,
    quickFailures,
    startMs,
  });
  // Its own complaints, should there ever be any, belong beside the program's.
  const log = openSync(logPath(name, folder), 'a', 0o600);
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const [node, ...rest] = supervised;
  const supervisor = spawn(node, rest, {
    detached: true,
    cwd: folder,
    stdio: ['ignore', log, log],
    env: { ...inherited, ...env, SWEEP_SUPERVISE: order },
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
  for (const [signal, patience] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 5_000],
  ] as const) {
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
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
