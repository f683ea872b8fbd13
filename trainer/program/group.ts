/**
 * A program as a process group of its own, which ends as a whole: what it starts, and what that starts, ends with it,
 * also when this process is killed and cannot see to it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Set for whatever an attempt starts, to its folder: what has left its group is known by it. */
export const MARK = 'SWEEP_ATTEMPT';

export interface Group {
  pid: number;
  stdout: Readable;
  stderr: Readable;
  /** Its first process has ended: with a code, or by a signal. The others may still be there. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  signal(signal: NodeJS.Signals): void;
  /** Kills all that is left of it. */
  kill(): Promise<void>;
}

/**
 * Waits for a word before it becomes the program, so that nothing runs that its watcher has not been told of. The
 * program is this process: its number is the group's.
 */
const BEGIN = 'read -r _ <&3 || exit 0; exec 3<&-; exec "$@"';

/**
 * Ends the group once whoever started it is gone (the pipe ends without a word), and removes its folder. It sits in a
 * group of its own: nothing that is sent to the program ends it.
 */
const WATCH = `read -r group || exit 0
read -r _ && exit 0
kill -KILL "-$group" 2>/dev/null
for one in /proc/[0-9]*; do
  tr '\\0' '\\n' 2>/dev/null < "$one/environ" | grep -qxF "${MARK}=$1" && kill -KILL "\${one#/proc/}" 2>/dev/null
done
chmod -R u+w "$1"; rm -rf "$1"`;

export interface GroupOptions {
  cwd: string;
  /** All of it, but for the mark. */
  env: Readonly<Record<string, string>>;
  /** The attempt's folder: removed if this process ends without having said that the group has ended. */
  folder: string;
}

/** Starts a command as it stands. Rejects if the system starts no process. */
export async function startGroup(command: readonly string[], { cwd, env, folder }: GroupOptions): Promise<Group> {
  const shell = { PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin' };
  const watcher = spawn('/bin/sh', ['-c', WATCH, 'sweep', folder], {
    env: shell,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.stdin.on('error', () => {}); // somebody killed it
  await once(watcher, 'spawn');
  const child = spawn('/bin/sh', ['-c', BEGIN, 'sweep', ...command], {
    env: { ...env, [MARK]: folder },
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child);
  try {
    await once(child, 'spawn');
  } catch (error) {
    watcher.stdin.end('\n\n');
    throw error;
  }
  const pid = child.pid as number;
  watcher.stdin.write(`${pid}\n`);
  const go = child.stdio[3] as NodeJS.WritableStream;
  go.on('error', () => {}); // it has ended already
  go.end('\n');
  const { stdout, stderr } = child as ChildProcess & { stdout: Readable; stderr: Readable };
  return {
    pid,
    stdout,
    stderr,
    ended,
    signal: (signal) => signalAll(-pid, signal),
    async kill() {
      signalAll(-pid, 'SIGKILL');
      await killMarked(folder);
      watcher.stdin.end('\n');
    },
  };
}

const endOf = (child: ChildProcess): Group['ended'] =>
  new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

function signalAll(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // nobody is left
  }
}

/** Kills what left the group (setsid) but has its environment; where the system does not show that, nobody. */
async function killMarked(folder: string): Promise<void> {
  for (const pid of await marked(folder)) signalAll(pid, 'SIGKILL');
}

async function marked(folder: string): Promise<number[]> {
  const mark = Buffer.from(`\0${MARK}=${folder}\0`);
  const all = (await readdir('/proc').catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    all.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`).catch(() => undefined); // of somebody else, or it has ended
      return environ !== undefined && Buffer.concat([Buffer.of(0), environ]).includes(mark);
    }),
  );
  return all.filter((_, i) => found[i]).map(Number);
}

/** What the processes of a group have taken: seconds of processor time and bytes of memory that they do not share. */
export interface Taken {
  seconds: number;
  bytes: number;
}

/** Undefined where the system does not show it. */
export async function takenBy(group: number): Promise<Taken | undefined> {
  if (process.platform !== 'linux') return undefined;
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const taken: Taken = { seconds: 0, bytes: 0 };
  await Promise.all(
    all.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
      if (stat === undefined) return;
      // After the name, which may have anything in it: state, parent, group, …
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[2]) !== group) return;
      // Its own and its ended children's, user and system, in hundredths of a second.
      taken.seconds += [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i] ?? 0), 0) / 100;
      taken.bytes += await memoryOf(pid);
    }),
  );
  return taken;
}

/** Of what several processes share each has its part. */
async function memoryOf(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}
