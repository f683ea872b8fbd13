/** A process that serves a runs folder: its Temporal worker, with the processes that train and write reports. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { BackendKind } from '../engine/backends/index.ts';
import { codeGuard } from './code.ts';
import type { Store } from '../store/index.ts';
import type { PartsEvent } from './parts.ts';

/** What a worker is and where, once it takes jobs. */
export interface ReadyWorker {
  runs: string;
  slots: number;
  /** The name of what trains. */
  backend: string;
  queues: string[];
  address: string;
  namespace: string;
}

export type ServeEvent =
  | PartsEvent
  | { kind: 'warning'; message: string }
  | { kind: 'ready'; worker: ReadyWorker }
  /** The signal has aborted: trials in training save a checkpoint. */
  | { kind: 'stopping' };

export type ServeEnd =
  /** By the signal. */
  | { kind: 'stopped' }
  /** In the background: nothing has been left to do for a while. */
  | { kind: 'idle' }
  /** The runs folder is no longer where it was, and what is so; `before`: it was none when the worker came. */
  | { kind: 'folder-gone'; what: string; before: boolean }
  /** The code has changed since the worker was started: its jobs wait for one with the new code. */
  | { kind: 'code-changed' };

export interface ServeRequest {
  /** Where runs live. */
  runs: string;
  /** Jobs at a time; left out: one a core, or one a GPU. */
  slots?: number | undefined;
  backend?: BackendKind | undefined;
  /** Makes a runs folder where there is none. */
  make?: boolean | undefined;
  /** False: it runs no programs of sweeps. */
  foreignCode?: boolean | undefined;
  /** Whoever began a sweep has seen to parts and server. Ends once nothing has been left to do for a while. */
  background: boolean;
  signal: AbortSignal;
  onEvent(event: ServeEvent): void;
}

/**
 * A background worker without a running sweep ends after this long, in milliseconds; a start within it finds it warm.
 */
const IDLE_EXIT = 5 * 60_000;

/** Serves until the signal aborts, or until there is another reason to end. */
export async function serveRuns(request: ServeRequest): Promise<ServeEnd> {
  const { runs, slots, backend: wanted, make = false, background, signal, onEvent } = request;
  // Before anything of it is loaded.
  const changed = new AbortController();
  const guard = await codeGuard(() => changed.abort());
  const [
    { createReportWriters },
    { createTrainerPool },
    { chooseBackend },
    { cacheDir },
    { openStore },
    { knownStoreId },
    { defaultSlots },
  ] = await Promise.all([
    import('../activities/report-process.ts'),
    import('../trainer/pool.ts'),
    import('../setup/backend.ts'),
    import('../setup/home.ts'),
    import('../store/index.ts'),
    import('../store/identity.ts'),
    import('./slots.ts'),
  ]);
  const onWarning = (message: string) => onEvent({ kind: 'warning', message });
  const connected = async () => (await import('../server/connection.ts')).connect({ start: false, signal });

  const store = openStore(runs);
  if (background && (await knownStoreId(store)) === undefined)
    // started again after a crash, and meanwhile the folder has gone
    return { kind: 'folder-gone', what: `${store.url} is no runs folder any more`, before: true };
  if (!background) await checkPlace(store, make);
  const known = background ? undefined : await connected();
  if (!background) {
    const { ensureParts } = await import('./parts.ts');
    await ensureParts({ backend: wanted, signal, onEvent });
  }
  const backend = await chooseBackend(wanted);
  const many = slots ?? defaultSlots(backend.accelerator);
  const packSizes = process.env['SWEEP_PACK_SIZES'] ?? join(cacheDir(), 'pack-sizes');
  const reports = createReportWriters(guard);
  // They load TensorFlow while this process loads Temporal.
  const trainers = createTrainerPool({
    backend: JSON.stringify(backend.choice),
    env: { ...backend.env, SWEEP_PACK_SIZES: packSizes },
    onWarning,
    ready: many,
    onIdle: () => reports.prepare(),
    guard,
  });
  let moved: string | undefined;
  try {
    const { runWorker } = await import('./worker.ts');
    const target = known ?? (await connected());
    await guard.isSame();
    signal.addEventListener('abort', () => onEvent({ kind: 'stopping' }), { once: true });
    moved = await runWorker({
      store,
      target,
      slots: many,
      foreignCode: request.foreignCode,
      backend,
      trainers,
      reports,
      signal: AbortSignal.any([signal, changed.signal]),
      cacheDir: cacheDir(),
      onWarning,
      ...(background && { idleExitMs: IDLE_EXIT }),
      onReady(queues) {
        const { address, namespace } = target;
        const worker = { runs: store.url, slots: many, backend: backend.name, queues, address, namespace };
        onEvent({ kind: 'ready', worker });
      },
    });
  } finally {
    reports.close();
    await trainers.close();
  }
  if (changed.signal.aborted && !signal.aborted) return { kind: 'code-changed' };
  if (moved !== undefined) return { kind: 'folder-gone', what: moved, before: false };
  return { kind: signal.aborted ? 'stopped' : 'idle' };
}

/** A place that is not mounted here, or not to be written to, is told before anything is trained in vain. */
async function checkPlace(store: Store, make: boolean): Promise<void> {
  const { knownStoreId, storeId } = await import('../store/identity.ts');
  if ((await knownStoreId(store)) === undefined) {
    if (!make)
      throw new UserError(
        `--runs ${store.url}: there is no runs folder (nothing with a .store.json); is it mounted? allowed: one that a sweep has begun in, or --new to make one`,
      );
    await storeId(store);
  }
  const probe = `.probe-${randomBytes(4).toString('hex')}`;
  await store.put(probe, '');
  await store.remove(probe);
}
