/**
 * Files that are being written, beside those that they will be: how they are named, and which of them nobody will
 * finish.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Whoever has not written for this long, in milliseconds, and may be on any machine, writes no more. */
const ABANDONED_MS = 24 * 60 * 60_000;

const orNothing = (read: () => string): string => {
  try {
    return read();
  } catch {
    return ''; // not Linux
  }
};

/** Where a process's id means something: one machine, since it was started, and the container in it. */
const PLACE = createHash('sha256')
  .update(
    [
      hostname(),
      orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
      orNothing(() => readlinkSync('/proc/self/ns/pid')),
    ].join(),
  )
  .digest('hex')
  .slice(0, 8);

const NAME = /^\.tmp-(?:([0-9a-f]{8})-)?(\d+)-[0-9a-f]{12}$/;

export const temporaryName = (pid = process.pid): string => `.tmp-${PLACE}-${pid}-${randomBytes(6).toString('hex')}`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * Whether a file was left by a writer that died: one of here that is no more, or one of anywhere that has not written
 * for a day.
 */
export function isAbandoned(name: string, changed: Date): boolean {
  const [is, place, pid] = NAME.exec(name) ?? [];
  if (is === undefined) return false;
  return Date.now() - changed.getTime() > ABANDONED_MS || (place === PLACE && !isAlive(Number(pid)));
}
