import { join } from 'node:path';
import { loaderFlags } from '../activities/typescript.ts';
import { hashJson } from '../core/json.ts';
import type { BackendKind } from '../models/backends/index.ts';
import { ensureSupervised, stopSupervised, supervisedStatus } from '../server/supervise.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { stateDir } from '../setup/home.ts';
import type { Store } from '../store/index.ts';
import { storeId } from '../store/runs.ts';
import { codeHash, LOADED, ROOT } from './code.ts';

/** For trials in training to save a checkpoint, in milliseconds. */
const DRAIN_MS = 30_000;

const BIN = join(ROOT, 'cli/bin.js');

export interface BackgroundWorker { store: Store; target: TemporalTarget; slots: number; backend: BackendKind }

/**
 * Makes sure that a worker serves this runs folder: a detached process that outlives the command, is started again when it
 * dies, and ends by itself when nothing has been left to do for a while. One that already runs is used as it is, unless
 * it has other slots, another backend, another server or code of before a change: then it drains, and its trials go on in the new one.
 */
export async function ensureWorker({ store, target, slots, backend }: BackgroundWorker): Promise<void> {
  const name = `worker-${await storeId(store)}`;
  const folder = join(stateDir(), 'workers');
  const meta = { slots, backend, address: target.address, code: await codeHash(LOADED) };
  const status = await supervisedStatus(name, folder);
  if (status.state === 'running' && hashJson(status.meta) !== hashJson(meta)) await stopSupervised(name, folder, DRAIN_MS);
  await ensureSupervised({
    name,
    folder,
    meta,
    graceMs: DRAIN_MS,
    command: process.execPath,
    args: [...loaderFlags, BIN, 'worker', '--background', '--runs', store.url, '--slots', String(slots), '--backend', backend],
    env: { TEMPORAL_ADDRESS: target.address, TEMPORAL_NAMESPACE: target.namespace },
    cwd: ROOT,
  });
}
