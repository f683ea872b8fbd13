/**
 * Whether a process computes, seen from outside: its event loop may be blocked for minutes by one operation (a long
 * sequence that is recorded), and yet it gets further. One that is frozen, or waits for something that never comes,
 * uses no processor.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Linux counts in hundredths of a second wherever Node runs. */
const TICKS_A_SECOND = 100;
/**
 * Of a processor: far more than a process needs that waits, and far less than one gets on any machine that can be
 * worked with.
 */
const SHARE = 0.01;

/** '1-02:03:04.5' -> seconds. */
export function secondsIn(time: string): number {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] =
    /^(?:(\d+)-)?(?:(\d+):)?(\d+):([\d.]+)$/.exec(time.trim()) ?? [];
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/**
 * Seconds of processor time that the process has had, all its threads together; undefined where that cannot be known.
 */
export async function processorTime(pid: number): Promise<number | undefined> {
  try {
    if (process.platform !== 'linux')
      return secondsIn((await promisify(execFile)('ps', ['-o', 'time=', '-p', String(pid)])).stdout);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [user = NaN, system = NaN] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) / TICKS_A_SECOND;
  } catch {
    return undefined; // it has ended
  }
}

/** Whether the process has computed since it was asked last, or since this was made. */
export function computingWatch(pid: number): () => Promise<boolean> {
  let before = { at: performance.now(), time: processorTime(pid) };
  return async () => {
    const last = before;
    before = { at: performance.now(), time: processorTime(pid) };
    const [from, to] = await Promise.all([last.time, before.time]);
    return from !== undefined && to !== undefined && to - from >= (SHARE * (before.at - last.at)) / 1000;
  };
}
