/**
 * Task queues by capability, for one runs folder: a worker never takes jobs whose results it would write elsewhere, or
 * give another number than the rest of the sweep.
 */
import { hashJson } from './json.ts';
import type { Origin } from './results.ts';
import { SCIENCE_VERSION } from './trial.ts';

export type Accelerator = 'cpu' | 'gpu';

export interface Queues {
  /** Workflows and bookkeeping of sweeps of this version of the science. */
  sweep: string;
  /** Jobs that any worker with the accelerator may train: of sweeps that have pinned no origin. */
  cpu: string;
  gpu: string;
}

export function queuesOf(storeId: string): Queues {
  return { sweep: `sweep-${storeId}-s${SCIENCE_VERSION}`, cpu: `train-cpu-${storeId}`, gpu: `train-gpu-${storeId}` };
}

/** Of versions that did not tell the science apart. */
export const sweepQueueOfBefore = (storeId: string): string => `sweep-${storeId}`;

/** Which science a queue of sweeps is for; 'any': one of before; undefined: it is another runs folder's. */
export function scienceOfQueue(sweepQueue: string, storeId: string): number | 'any' | undefined {
  const before = sweepQueueOfBefore(storeId);
  if (sweepQueue === before) return 'any';
  const [, science] = /^-s(\d+)$/.exec(sweepQueue.startsWith(before) ? sweepQueue.slice(before.length) : '') ?? [];
  return science === undefined ? undefined : Number(science);
}

/** Jobs of sweeps that began with this origin and science. */
export function trainQueueOf(
  storeId: string,
  accelerator: Accelerator,
  { backend, replayed }: Origin,
  science: number,
): string {
  return `${queuesOf(storeId)[accelerator]}-${hashJson({ backend, replayed }).slice(0, 8)}-s${science}`;
}

/** Whether jobs of this runs folder may be sent to the queue. */
export function isTrainQueue(queue: string, storeId: string): boolean {
  const { cpu, gpu } = queuesOf(storeId);
  const base = [cpu, gpu].find((one) => queue.startsWith(one));
  return base !== undefined && /^(-[0-9a-f]{8}-s\d{1,7})?$/.test(queue.slice(base.length));
}
