/** Task queues by capability, for one runs folder: a worker never takes jobs whose results it would write elsewhere. */
export interface Queues {
  sweep: string;
  cpu: string;
  gpu: string;
}

export function queuesOf(storeId: string): Queues {
  return { sweep: `sweep-${storeId}`, cpu: `train-cpu-${storeId}`, gpu: `train-gpu-${storeId}` };
}
