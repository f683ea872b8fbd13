/**
 * What is left of a trial that trained nothing: its files, written without care, so that what a sweep looks for at its
 * end is there.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Lane, LaneOutcome, TrainJob } from '../core/results.ts';
import type { Store } from '../store/index.ts';
import { commit } from '../trainer/lane-book.ts';
import type { LaneEnd } from '../trainer/types.ts';

/** A store in a folder that waits for no disk, and in which nobody was before. */
function careless(store: Store): Store {
  async function put(key: string, bytes: Parameters<Store['put']>[1]): Promise<void> {
    const path = store.describe(key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  return {
    ...store,
    put,
    putNew: (key, bytes) => put(key, bytes).then(() => true),
    get: async () => undefined,
    remove: async () => {},
  };
}

export async function leaveResult(store: Store, job: TrainJob, lane: Lane): Promise<LaneOutcome> {
  const end: LaneEnd = { status: 'completed', steps: job.toStep, metrics: { accuracy: 1, loss: 1 }, parameters: 1 };
  const at = new Date(0);
  const outcome = await commit(
    {
      ...{ job, attempt: 'bare', attemptNumber: 1, worker: 'bare', store: careless(store) },
      origin: () => ({ backend: 'none', replayed: false }),
    },
    lane,
    { curve: [], observations: [] },
    end,
    { startedAt: at, endedAt: at, sharedBy: 1 },
  );
  return outcome as LaneOutcome; // it was not stopped on the way
}
