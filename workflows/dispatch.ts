/**
 * Runs jobs, as many at a time as there are slots at that moment. To pause, to give up slots, or before
 * continue-as-new, jobs are held: cancelled, which lets each save a checkpoint, and run again later from there.
 */
import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import { RUN_LIMITS, type JobSetting } from './messages.ts';

export interface Work<Job> {
  /** The next job; undefined: none now, but an outcome may bring one. */
  take(): Job | undefined;
  /** Trains it and takes in what came of it. Rejects if it was held before it was done. */
  run(job: Job): Promise<void>;
  /** There are free slots and nothing to take: so many jobs are not done. */
  onShort?(left: number): void;
}

/** `slots`: jobs at a time, at first. */
export type DispatchSetting = Pick<JobSetting, 'limits'> & { slots: number };

export interface Dispatcher {
  setSlots(slots: number): void;
  /** Holds all jobs, and ends. */
  close(): void;
  /** Until nothing is left to do, it was closed, or this run's history is long. No job is in training then. */
  drive(): Promise<'done' | 'closed' | 'continue'>;
}

/** Continue-as-new is suggested at 4 MiB. */
const MOST_BYTES = 3 * 2 ** 20;
const EVENTS_TO_END = 4;
/** Jobs that end within this need no checkpoint. */
const GRACE = '2 seconds';

export function isLong({ limits = RUN_LIMITS }: Pick<JobSetting, 'limits'>, inFlight = 0): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > limits.events - EVENTS_TO_END * inFlight || historySize > MOST_BYTES;
}

export function dispatcher<Job>(setting: DispatchSetting, { take, run, onShort = () => {} }: Work<Job>): Dispatcher {
  let { slots } = setting;
  const waiting: Job[] = []; // held before they were done
  const running = new Map<CancellationScope, Job>();
  const held = new Set<CancellationScope>();
  let closed = false;
  let failure: { error: unknown } | undefined;
  let news = 0;

  function start(job: Job): void {
    const scope = new CancellationScope();
    running.set(scope, job);
    scope
      .run(() => run(job))
      .catch((error: unknown) => {
        if (held.has(scope)) waiting.unshift(job);
        else failure ??= { error };
      })
      .finally(() => {
        running.delete(scope);
        held.delete(scope);
        news++;
      });
  }

  /** The youngest first: they have the least to lose. */
  function hold(count: number): void {
    const active = [...running.keys()].filter((scope) => !held.has(scope));
    for (const scope of active.slice(active.length - count)) {
      held.add(scope);
      scope.cancel();
    }
  }

  const active = () => running.size - held.size;

  function fill(): void {
    while (active() < slots) {
      const job = waiting.shift() ?? take();
      if (job === undefined) {
        onShort(running.size);
        return;
      }
      start(job);
    }
  }

  async function work(): Promise<'done' | 'closed' | 'continue'> {
    for (;;) {
      const seen = news;
      if (failure) throw failure.error;
      if (closed) return 'closed';
      if (isLong(setting, running.size)) {
        await condition(() => running.size === 0 || closed, GRACE);
        return 'continue';
      }
      if (active() > slots) hold(active() - slots);
      fill();
      if (running.size === 0 && slots > 0) return 'done';
      await condition(() => news !== seen);
    }
  }

  return {
    setSlots(next) {
      slots = next;
      news++;
    },
    close() {
      closed = true;
      news++;
    },
    async drive() {
      try {
        return await work();
      } finally {
        hold(active());
        await CancellationScope.nonCancellable(() => condition(() => running.size === 0));
      }
    },
  };
}
