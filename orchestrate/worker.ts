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
import { queuesOf, trainQueueOf } from '../core/queues.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { originOf, type TrainerBackend } from '../setup/backend.ts';
import { originOfTrial } from '../trainer/kinds.ts';
import type { Store } from '../store/index.ts';
import { knownStoreId, storeId } from '../store/runs.ts';
import { inSlots } from '../trainer/shared-slots.ts';
import { workflowBundle } from './bundle.ts';
import { identityOf, workerName } from './fleet.ts';
import { attend } from './attend.ts';

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

/** What the workers of a process share. */
type Shared = Pick<WorkerCreation, 'connection' | 'namespace' | 'identity' | 'interceptors'>;
type WorkerCreation = Parameters<typeof Worker.create>[0];

/**
 * What is found or written at a place that this id has left would be of no use to its sweeps, and bring the old folder
 * back: activities stand only while it does.
 */
function guardOf(store: Store, id: string, onMoved: () => void) {
  let moved: string | undefined;
  async function mustStand(): Promise<void> {
    if ((await knownStoreId(store)) === id) return;
    moved ??= `${store.url} is no longer the runs folder that this worker serves (it was moved, deleted or copied over): it takes no more jobs`;
    onMoved();
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
  return { mustStand, standing, whyMoved: () => moved };
}

interface Made {
  bundle: { codePath: string };
  /** Of this process, in timings and provenance. */
  name: string;
  trainers: TrainerPool;
}

/** Makes workers of a queue: of sweeps, or of jobs. */
function workersOn(shared: Shared, options: WorkerOptions, { bundle, name, trainers }: Made) {
  const { store, backend, reports, slots, maxCachedWorkflows, foreignCode } = options;
  const origin = originOf(backend);
  return {
    bookkeeper: (taskQueue: string) =>
      Worker.create({
        ...shared,
        taskQueue,
        workflowBundle: bundle,
        ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
        activities: createBookkeepingActivities({
          store,
          originOf: (trial, networks = origin) => originOfTrial(trial, networks),
          reports,
        }),
      }),
    trainer: (taskQueue: string) =>
      Worker.create({
        ...shared,
        taskQueue,
        activities: createTrainingActivities({ store, trainers, worker: name, foreignCode }),
        maxConcurrentActivityTaskExecutions: slots,
        shutdownGraceTime: 0, // tell trainers at once: they save a checkpoint
        shutdownForceTime: '1 minute',
      }),
  };
}

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
  const origin = originOf(backend);
  const trainQueue = (science: number) => trainQueueOf(id, backend.accelerator, origin, science);
  const name = workerName();
  const identity = identityOf(name, backend.name);
  const connection = await NativeConnection.connect(target.connectionOptions ?? {});
  let drain = () => {};
  const { mustStand, standing, whyMoved } = guardOf(store, id, () => drain());
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
    const bundle = options.workflows ?? (await workflowBundle(cacheDir)); // before there is a worker to end
    const { bookkeeper, trainer } = workersOn(shared, options, { bundle, name, trainers: inSlots(trainers, slots) });
    const own = [queues.sweep, trainQueue(SCIENCE_VERSION), queues[backend.accelerator]] as const;
    const workers = await Promise.all([bookkeeper(own[0]), trainer(own[1]), trainer(own[2])]);
    let draining = false;
    drain = () => {
      draining = true;
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    signal.addEventListener('abort', drain, { once: true });
    const run = (worker: Worker) => worker.run().finally(drain);
    const served = new Set<string>([own[0]]);
    const taken: Promise<void>[] = [];
    const looking = attend({
      ...{ store, id, target, served, idleMs: idleExitMs, onWarning, onIdle: drain },
      origin: { ...origin, accelerator: backend.accelerator },
      isBusy: () => workers.some((worker) => worker.getStatus().numInFlightActivities > 0),
      async takeOver({ queue, science }) {
        if (draining) return;
        const more = [bookkeeper(queue), ...(science === 'any' ? [] : [trainer(trainQueue(science))])];
        for (const worker of await Promise.all(more)) {
          workers.push(worker);
          const running = run(worker);
          running.catch(() => {}); // it drains the others, and is awaited with them
          taken.push(running);
        }
        served.add(queue);
        if (draining) drain();
      },
    });
    const look = setInterval(() => void mustStand().catch(() => {}), LOOK_MS);
    const runs = Promise.all(workers.map(run));
    onReady?.([own[0], own[1]]);
    if (signal.aborted) drain();
    await runs.finally(() => [looking, look].forEach(clearInterval));
    await Promise.all(taken);
    return whyMoved();
  } finally {
    await connection.close().catch(() => {}); // a worker that never ran holds on to it: why it did not is the news
  }
}
