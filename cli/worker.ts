import { join } from 'node:path';
import { Command, Option } from 'commander';
import { UserError } from '../core/errors.ts';
import type { BackendKind } from '../engine/backends/index.ts';
import { interruptSignal } from './interrupt.ts';
import { backendOption, jsonOption, runsOption, slotsOption } from './options.ts';
import { forgoOutput, jsonText, say as print } from './ui/output.ts';
import { plural } from './ui/text.ts';

interface Options {
  slots?: number;
  backend?: BackendKind;
  runs: string;
  background?: boolean;
  json?: boolean;
}

const CHANGED =
  'the code of sweep has changed since this worker was started; its jobs have saved a checkpoint and wait for a worker with the new code: start it again';

/**
 * A background worker without a running sweep ends after this long, in milliseconds; a start within it finds it warm.
 */
const IDLE_EXIT = 5 * 60_000;

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      "train trials of the runs folder's sweeps on this machine, until ^C. For another machine: share the runs folder with it,\n" +
        'set TEMPORAL_ADDRESS there, and start a worker. The first ^C lets trials save a checkpoint, a second one ends at once',
    )
    .addOption(slotsOption('--slots <n>'))
    .addOption(backendOption())
    .addOption(runsOption())
    .addOption(jsonOption('print one JSON object a line: events ready, warning, stopping, end'))
    .addOption(
      new Option('--background', 'started by sweep start: ends by itself when there is nothing to do').hideHelp(),
    )
    .action(async (options: Options) => {
      await work(options, interruptSignal());
    });
}

async function work(
  { slots, backend: wanted, runs, background = false, json = false }: Options,
  signal: AbortSignal,
): Promise<void> {
  // Before anything of it is loaded.
  const { codeGuard } = await import('../orchestrate/code.ts');
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
    import('./defaults.ts'),
  ]);
  if (background) forgoOutput();
  const say = (event: string, line: string, facts: object = {}) =>
    print(json ? jsonText({ event, ...facts }) : background ? `${new Date().toISOString()} ${line}` : line);
  const onWarning = (message: string) => void say('warning', `warning: ${message}`, { message });
  const connected = async () => (await import('../server/connection.ts')).connect({ start: false, signal });

  const store = openStore(runs);
  if (background && (await knownStoreId(store)) === undefined) {
    // started again after a crash, and meanwhile the folder has gone
    say('end', `${store.url} is no runs folder any more: ended.`, { stopped: false });
    return;
  }
  // Whoever started it in the background has seen to the parts and the server.
  const known = background ? undefined : await connected();
  if (!background)
    await (
      await import('./actions/setup.ts')
    ).ensureParts({ native: wanted === undefined || wanted === 'native', signal });
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
    const { runWorker } = await import('../orchestrate/worker.ts');
    const target = known ?? (await connected());
    await guard.isSame();
    signal.addEventListener(
      'abort',
      () => say('stopping', 'Stopping: trials in training save a checkpoint first. ^C again ends at once.'),
      { once: true },
    );
    moved = await runWorker({
      store,
      target,
      slots: many,
      backend,
      trainers,
      reports,
      signal: AbortSignal.any([signal, changed.signal]),
      cacheDir: cacheDir(),
      onWarning,
      ...(background && { idleExitMs: IDLE_EXIT }),
      onReady: (queues) => {
        const { address, namespace } = target;
        say(
          'ready',
          `Worker of ${store.url}: ${plural(many, 'slot')}, ${backend.name}, queues ${queues.join(' and ')} at ${address} (${namespace})`,
          { runs: store.url, slots: many, backend: backend.name, queues, address, namespace },
        );
      },
    });
  } finally {
    reports.close();
    await trainers.close();
  }
  // One in the background is started again, with the new code.
  if (changed.signal.aborted && !signal.aborted) throw new UserError(CHANGED);
  if (moved !== undefined && !background) throw new UserError(moved);
  say(
    'end',
    moved !== undefined ? `${moved}.` : signal.aborted ? 'Stopped.' : 'Nothing has been left to do for a while: ended.',
    { stopped: signal.aborted },
  );
}
