import { hostname } from 'node:os';
import { ApplicationFailure } from '@temporalio/common';
import {
  NativeConnection,
  Runtime,
  DefaultLogger,
  Worker,
  type ActivityInboundCallsInterceptor,
} from '@temporalio/worker';
import { createBookkeepingActivities, createTrainingActivities } from '../activities/index.ts';
import type { ReportWriters } from '../activities/report-process.ts';
import type { TrainerPool } from '../trainer/pool.ts';
import { queuesOf } from '../core/queues.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { originOf, type TrainerBackend } from '../setup/backend.ts';
import { originOfTrial } from '../trainer/kinds.ts';
import type { Store } from '../store/index.ts';
import { knownStoreId, storeId } from '../store/runs.ts';
import { workflowBundle } from './bundle.ts';

export interface WorkerOptions {
  store: Store;
  target: TemporalTarget;
  /** Jobs at a time, each in a trainer process of its own. */
  slots: number;
  /** False: it runs no programs of sweeps. */
  foreignCode?: boolean | undefined;
  backend: TrainerBackend;
  /** Drains: no new jobs, those in hand save a checkpoint and go back to the queue. */
  signal: AbortSignal;
  /** End once no sweep of this runs folder has been running for this long, in milliseconds. Left out: never. */
  idleExitMs?: number;
  cacheDir: string;
  /** What trains and what writes reports; whoever made them closes them. */
  trainers: TrainerPool;
  reports: ReportWriters;
  /** The workflows, bundled; left out: those of this version. */
  workflows?: { codePath: string };
  /**
   * Workflows kept in memory between two tasks; 0: every task replays its history, which finds what is not
   * deterministic.
   */
  maxCachedWorkflows?: number;
  onReady?(queues: string[]): void;
  onWarning?(message: string): void;
}

/** Of an idle worker at its folder, in milliseconds. */
const LOOK_MS = 10_000;

const isRunning = (taskQueue: string) => `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`;

/**
 * Runs workflows and jobs of one runs folder until the signal aborts, nothing has been left to do for a while, or the
 * folder is no longer where it was: then it resolves with a line that says so.
 */
export async function runWorker(options: WorkerOptions): Promise<string | undefined> {
  const {
    store,
    target,
    slots,
    backend,
    trainers,
    reports,
    signal,
    idleExitMs,
    cacheDir,
    onReady,
    onWarning = () => {},
  } = options;
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ message, meta }) => {
      if (!message.startsWith('No workflows registered')) onWarning(`${message} ${meta?.['error'] ?? ''}`.trim()); // the training worker has none
    }),
    shutdownSignals: [], // the command decides when to drain
  });
  const id = await storeId(store);
  const queues = queuesOf(id);
  const trainQueue = backend.accelerator === 'gpu' ? queues.gpu : queues.cpu;
  const identity = `${hostname()}:${process.pid}`;
  const connection = await NativeConnection.connect(target.connectionOptions ?? {});
  let moved: string | undefined;
  let drain = () => {};
  /**
   * What is found or written at a place that this id has left would be of no use to its sweeps, and bring the old
   * folder back.
   */
  async function mustStand(): Promise<void> {
    if ((await knownStoreId(store)) === id) return;
    moved ??= `${store.url} is no longer the runs folder that this worker serves (it was moved, deleted or copied over): it takes no more jobs`;
    drain();
    throw ApplicationFailure.retryable(moved, 'FolderMoved');
  }
  const standing: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      await mustStand();
      try {
        return await next(input);
      } finally {
        await mustStand(); // before what it came to is believed, be it a failure
      }
    },
  };
  const interceptors = { activity: [() => ({ inbound: standing })] };
  const shared = {
    connection,
    namespace: target.namespace,
    identity,
    interceptors,
    maxHeartbeatThrottleInterval: '1 second',
    defaultHeartbeatThrottleInterval: '1 second',
  } as const;
  try {
    const workers = await Promise.all([
      Worker.create({
        ...shared,
        taskQueue: queues.sweep,
        workflowBundle: options.workflows ?? (await workflowBundle(cacheDir)),
        ...(options.maxCachedWorkflows !== undefined && { maxCachedWorkflows: options.maxCachedWorkflows }),
        activities: createBookkeepingActivities({
          store,
          originOf: (trial) => originOfTrial(trial, originOf(backend)),
          reports,
        }),
      }),
      Worker.create({
        ...shared,
        taskQueue: trainQueue,
        activities: createTrainingActivities({ store, trainers, worker: identity, foreignCode: options.foreignCode }),
        maxConcurrentActivityTaskExecutions: slots,
        shutdownGraceTime: 0, // tell trainers at once: they save a checkpoint
        shutdownForceTime: '1 minute',
      }),
    ]);
    drain = () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    signal.addEventListener('abort', drain, { once: true });
    const isBusy = () => workers.some((worker) => worker.getStatus().numInFlightActivities > 0);
    const watch = idleExitMs === undefined ? undefined : watchIdle(target, queues.sweep, idleExitMs, isBusy, drain);
    const look = setInterval(() => void mustStand().catch(() => {}), LOOK_MS);
    const runs = Promise.all(workers.map((worker) => worker.run().finally(drain)));
    onReady?.([queues.sweep, trainQueue]);
    if (signal.aborted) drain();
    await runs.finally(() => [watch, look].forEach(clearInterval));
    return moved;
  } finally {
    await connection.close();
  }
}

/** A server that does not answer is waited for this many times as long: it may come back with work. */
const SERVER_GONE_FACTOR = 12;

/** Calls `onIdle` once there was no job in hand, and no running sweep on the server, for the given time. */
function watchIdle(
  target: TemporalTarget,
  taskQueue: string,
  idleMs: number,
  isBusy: () => boolean,
  onIdle: () => void,
): NodeJS.Timeout {
  let busyAt = Date.now();
  return setInterval(
    () => {
      target.client.workflow.count(isRunning(taskQueue)).then(
        ({ count }: { count: number }) => {
          if (count > 0 || isBusy()) busyAt = Date.now();
          else if (Date.now() - busyAt > idleMs) onIdle();
        },
        () => {
          if (Date.now() - busyAt > SERVER_GONE_FACTOR * idleMs) onIdle();
        },
      );
    },
    Math.min(10_000, idleMs),
  );
}
