import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { loaderFlags } from '../trainer/typescript.ts';
import { hashJson } from '../core/json.ts';
import type { BackendKind } from '../engine/backends/index.ts';
import { thisHost } from '../server/host.ts';
import { ensureSupervised, stopSupervised, supervisedStatus } from '../server/supervise.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { stateDir } from '../setup/home.ts';
import type { Store } from '../store/index.ts';
import { storeId } from '../store/runs.ts';
import { BIN, codeHash, LOADED, ROOT } from './code.ts';
import { environmentHash } from './environment.ts';

/** For trials in training to save a checkpoint, in milliseconds: a program has 30 s for it. */
const DRAIN_MS = 45_000;

/** For a worker to load TensorFlow and Temporal on a machine that others use too, in milliseconds. */
const START_MS = 60_000;

export interface BackgroundWorker {
  store: Store;
  target: TemporalTarget;
  slots: number;
  backend: BackendKind;
  /** Names of variables that its programs get from its environment. */
  pass?: readonly string[];
}

/**
 * Under which name and where a runs folder's worker on this machine is kept: several machines may share the folder of
 * state.
 */
export async function workerRecord(store: Store, state = stateDir()): Promise<{ name: string; folder: string }> {
  const folder = join(state, 'workers');
  const { name: host, processes } = thisHost();
  const name = `worker-${await storeId(store)}-${host.replace(/[^A-Za-z0-9.-]/g, '_')}`;
  const isTaken = (await supervisedStatus(name, folder)).state === 'elsewhere'; // a container of this name, or this one before it was started again
  return { name: isTaken ? `${name}-${processes}` : name, folder };
}

/**
 * Makes sure that a worker serves this runs folder: a detached process that outlives the command, is started again when
 * it dies, and ends by itself when nothing has been left to do for a while. One that already runs is used as it is,
 * unless it has other slots, another backend, another server, another place of the folder, variables of other values
 * that it reads, or code of before a change: then it drains, and its trials go on in the new one.
 */
export async function ensureWorker({ store, target, slots, backend, pass = [] }: BackgroundWorker): Promise<void> {
  const { name, folder } = await workerRecord(store);
  const meta = {
    slots,
    backend,
    address: target.address,
    namespace: target.namespace,
    code: await codeHash(LOADED),
    runs: await realpath(store.url).catch(() => store.url),
    environment: environmentHash(process.env, pass),
  };
  await stopSupervised(`worker-${await storeId(store)}`, folder, DRAIN_MS); // as versions named it that knew one machine only
  const status = await supervisedStatus(name, folder);
  if (status.state === 'running' && hashJson(status.meta) !== hashJson(meta))
    await stopSupervised(name, folder, DRAIN_MS);
  await ensureSupervised({
    name,
    folder,
    meta,
    graceMs: DRAIN_MS,
    startMs: START_MS,
    command: process.execPath,
    args: [
      ...loaderFlags,
      BIN,
      'worker',
      '--background',
      '--runs',
      store.url,
      '--slots',
      String(slots),
      '--backend',
      backend,
    ],
    env: { TEMPORAL_ADDRESS: target.address, TEMPORAL_NAMESPACE: target.namespace },
    cwd: ROOT,
  });
}
