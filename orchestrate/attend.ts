/** A worker's look at the sweeps of its runs folder, now and then: whether they are its to serve, and any is left. */
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { readOrigin, type PinnedOrigin } from '../store/runs.ts';
import { attendance, runningSweeps, type RunningQueue } from './fleet.ts';

export interface AttendOptions {
  store: Store;
  /** Of the runs folder. */
  id: string;
  target: TemporalTarget;
  /** What trains here. */
  origin: PinnedOrigin;
  /** Queues of sweeps that the worker serves; it is asked to take over others. */
  served: ReadonlySet<string>;
  takeOver(queue: RunningQueue): Promise<void>;
  /** Left out: it never ends for want of work. */
  idleMs: number | undefined;
  isBusy(): boolean;
  onIdle(): void;
  onWarning(message: string): void;
}

/** In milliseconds. */
const LOOK_MS = 10_000;
/** A server that does not answer is waited for this many times as long: it may come back with work. */
const SERVER_GONE_FACTOR = 12;

/**
 * Calls `onIdle` once there was no job in hand, and no running sweep on the server, for the given time; says in a line
 * that the worker fits none of them.
 */
export function attend(options: AttendOptions): NodeJS.Timeout {
  const { target, id, served, takeOver, idleMs = Infinity, isBusy, onIdle, onWarning } = options;
  const isServed = attendance(target);
  let busyAt = Date.now();
  let told: string | undefined;

  /** What began before an upgrade goes on after it, once nobody is left who is as it was: no two are mixed. */
  async function isOurs({ queue, science }: RunningQueue): Promise<boolean> {
    if (science === 'any') return true;
    return science < SCIENCE_VERSION && !(await isServed(queue));
  }

  async function look(): Promise<void> {
    const running = await runningSweeps(target, id);
    for (const one of running) if (!served.has(one.queue) && (await isOurs(one))) await takeOver(one);
    if (isBusy() || running.some(({ queue }) => served.has(queue))) busyAt = Date.now();
    else if (Date.now() - busyAt > idleMs) onIdle();
    const line = await misfit(running, options);
    if (line !== undefined && line !== told) onWarning(line);
    told = line;
  }

  let looking = false;
  function lookOnce(): void {
    if (looking) return;
    looking = true;
    look()
      .catch(() => {
        if (Date.now() - busyAt > SERVER_GONE_FACTOR * idleMs) onIdle();
      })
      .finally(() => {
        looking = false;
      });
  }
  lookOnce();
  return setInterval(lookOnce, Math.min(LOOK_MS, idleMs));
}

/** Why the worker has nothing to train though sweeps run; undefined: it has, or none runs. */
async function misfit(
  running: readonly RunningQueue[],
  { store, origin, served }: AttendOptions,
): Promise<string | undefined> {
  const wanted = new Set<string>();
  for (const { queue, science, sweepIds } of running)
    for (const sweepId of sweepIds) {
      const pinned = await readOrigin(store, sweepId);
      const fits = pinned === undefined || pinned.backend === origin.backend;
      if (served.has(queue) && fits) return undefined;
      wanted.add(
        served.has(queue) || science === 'any' ? (pinned?.backend ?? 'another') : `version ${science} of the science`,
      );
    }
  if (wanted.size === 0) return undefined;
  return `this worker fits no running sweep: it has ${origin.backend} and version ${SCIENCE_VERSION} of the science; wanted: ${[...wanted].join(', ')}`;
}
