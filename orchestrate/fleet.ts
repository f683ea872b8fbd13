/** Who serves a runs folder: workers as the Temporal server lists those that ask its queues for work. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { scienceOfQueue, trainQueueOf } from '../core/queues.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { thisHost } from '../server/host.ts';
import { isAlive } from '../setup/workplace.ts';
import type { Store } from '../store/index.ts';
import { readOrigin, storeId } from '../store/runs.ts';

/** A worker that waits for work asks again within a minute: one that has not for so many milliseconds has gone. */
const GONE_MS = 75_000;

export interface Poller {
  identity: string;
  /** What it trains with; undefined: a worker of a version that did not say so. */
  backend: string | undefined;
  /** When it asked last, by the server's clock; milliseconds. */
  askedAt: number;
}

/** Unique even where containers share a name and number their processes alike. */
export const workerName = (): string => `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;

/** As the Temporal UI shows it, and other workers read it. */
export const identityOf = (worker: string, backend: string): string => `${worker}@${thisHost().processes} (${backend})`;

const IDENTITY = /:(\d+):[0-9a-f]{8}@([0-9a-f]+) \((.*)\)$/;

const KIND = { workflows: 1, jobs: 2 } as const;

async function allPollers(
  { client, namespace }: TemporalTarget,
  queue: string,
  kind: keyof typeof KIND,
): Promise<Poller[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: KIND[kind],
  });
  return (pollers ?? []).map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    backend: IDENTITY.exec(identity ?? '')?.[3],
    askedAt: Number(lastAccessTime?.seconds ?? 0) * 1000 + (lastAccessTime?.nanos ?? 0) / 1e6,
  }));
}

/** Whether it was a process of this machine, and that has ended. */
function hasEnded(identity: string): boolean {
  const [, pid, processes] = IDENTITY.exec(identity) ?? [];
  return pid !== undefined && processes === thisHost().processes && !isAlive(Number(pid));
}

const pollersOf = async (target: TemporalTarget, queue: string, kind: keyof typeof KIND): Promise<Poller[]> =>
  (await allPollers(target, queue, kind)).filter(
    ({ identity, askedAt }) => Date.now() - askedAt < GONE_MS && !hasEnded(identity),
  );

/** Whether somebody asks the queue for workflows, seen by one who looks now and then: no clocks have to agree. */
export function attendance(target: TemporalTarget): (queue: string) => Promise<boolean> {
  const seen = new Map<string, { askedAt: number; at: number }>();
  return async function isServed(queue) {
    const now = performance.now();
    let served = false;
    for (const { identity, askedAt } of await allPollers(target, queue, 'workflows')) {
      const key = `${queue} ${identity}`;
      const before = seen.get(key);
      const last = before?.askedAt === askedAt ? before : { askedAt, at: now };
      seen.set(key, last);
      if (now - last.at < GONE_MS && !hasEnded(identity)) served = true;
    }
    return served;
  };
}

/** A queue of sweeps of this runs folder, with the ids of those that run on it. */
export interface RunningQueue {
  queue: string;
  science: number | 'any';
  sweepIds: string[];
}

/** Running sweeps of a runs folder, by their queues. */
export async function runningSweeps({ client }: TemporalTarget, store: string): Promise<RunningQueue[]> {
  const queues = new Map<string, RunningQueue>();
  const query = `ExecutionStatus = 'Running' AND WorkflowType = 'sweep' AND TaskQueue STARTS_WITH 'sweep-${store}'`;
  for await (const { taskQueue, workflowId } of client.workflow.list({ query })) {
    const science = scienceOfQueue(taskQueue, store);
    if (science === undefined) continue;
    const found = queues.get(taskQueue) ?? { queue: taskQueue, science, sweepIds: [] };
    found.sweepIds.push(workflowId.slice(0, workflowId.lastIndexOf('@')));
    queues.set(taskQueue, found);
  }
  return [...queues.values()];
}

/**
 * What a sweep waits for that has jobs and nobody to train them, as in 'a worker of X; there is one of Y'; undefined:
 * somebody will come for them.
 */
export async function waitsFor(
  target: TemporalTarget,
  store: Store,
  sweepId: string,
  sweepQueue: string,
): Promise<string | undefined> {
  const origin = await readOrigin(store, sweepId);
  if (origin === undefined) return undefined;
  const id = await storeId(store);
  const science = scienceOfQueue(sweepQueue, id);
  const queue = trainQueueOf(id, origin.accelerator, origin, typeof science === 'number' ? science : SCIENCE_VERSION);
  if ((await pollersOf(target, queue, 'jobs')).length > 0) return undefined;
  const others = (await pollersOf(target, sweepQueue, 'workflows')).flatMap(({ backend }) => backend ?? []);
  const there = [...new Set(others)].filter((backend) => backend !== origin.backend);
  return there.length === 0 ? undefined : `a worker of ${origin.backend}; there is one of ${there.join(' and of ')}`;
}
