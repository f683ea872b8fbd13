/** Snapshots of a sweep, one after the other, until it ends: servers and workers may go and come back meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { SweepSnapshot } from '../core/results.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { commandOn } from '../store/command.ts';
import type { Store } from '../store/index.ts';
import { specOf } from '../store/runs.ts';
import { liveSnapshot, storedSnapshot } from './snapshot.ts';
import { troubleOf } from './trouble.ts';

/**
 * A server that restarts may deny a sweep that it knows; one that still does after this long, in milliseconds, has lost
 * it.
 */
const DENIAL_MS = 10_000;

export interface FollowOptions {
  signal: AbortSignal;
  intervalMs?: number;
  /**
   * Called when the server or the workers cannot be reached, at most every ten seconds: the place to bring them back.
   */
  revive?(): Promise<TemporalTarget>;
  /** Called when the server has lost the sweep, to start it again; left out: a UserError. */
  restart?(target: TemporalTarget): Promise<unknown>;
}

/** Rejects as soon as the signal aborts: what becomes of the promise then is nobody's business. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Undefined where the server does not say either. */
async function unlessSilent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof UserError) throw error;
    return undefined;
  }
}

/**
 * Snapshots until the sweep has ended (the last one says how) or the signal aborts. Lost connections are waited out.
 */
export async function* followSweep(
  given: TemporalTarget,
  store: Store,
  sweepId: string,
  options: FollowOptions,
): AsyncGenerator<SweepSnapshot> {
  const { signal, intervalMs = 500, revive, restart } = options;
  const spec = await specOf(store, sweepId);
  let target = given;
  let revivedAt = Date.now();
  let knownAt = Date.now();
  while (!signal.aborted) {
    try {
      const snapshot = await unlessAborted(liveSnapshot(target, store, sweepId), signal);
      if (snapshot !== undefined) {
        yield snapshot;
        if (snapshot.state !== 'running' && snapshot.state !== 'paused') return;
        knownAt = Date.now();
      } else if (Date.now() - knownAt > DENIAL_MS) {
        if (!restart)
          throw new UserError(
            `${sweepId}: the Temporal server at ${target.address} does not know it; start it again with: ${commandOn(store, ['start', 'FILE'])}`,
          );
        await unlessAborted(restart(target), signal);
        knownAt = Date.now();
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (signal.aborted) return;
      const trouble = await unlessAborted(unlessSilent(troubleOf(target, store, sweepId)), signal).catch(
        (why: unknown) => {
          if (!signal.aborted) throw why;
        },
      );
      if (trouble !== undefined) yield { ...(await storedSnapshot(store, sweepId, spec)), trouble: [trouble] };
      if (revive && !signal.aborted && Date.now() - revivedAt > 10_000) {
        revivedAt = Date.now();
        target = await unlessAborted(revive(), signal).catch(() => target);
      }
    }
    await sleep(intervalMs, undefined, { signal }).catch(() => {}); // aborted
  }
}
