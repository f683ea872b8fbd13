/** `sweep start`: begins a sweep, then looks on until it ends, or ^C. A wrong file is told before anything is done. */
import type { BackendKind } from '../../../engine/backends/index.ts';
import { beginSweep } from '../../../orchestrate/begin.ts';
import { openStore } from '../../../store/index.ts';
import { loadSweep } from '../../../sweep-file/index.ts';
import { chooseDisplay, follow, sayHowToComeBack } from '../../ui/follow.ts';
import { showParts } from '../../ui/parts.ts';
import { otherResultsLines } from '../../ui/plan.ts';

export interface StartOptions {
  set?: string[];
  detach?: boolean;
  id?: string;
  backend?: BackendKind;
  workers?: number;
  /** False: --no-cache. */
  cache?: boolean;
  runs: string;
  json?: boolean;
}

export async function start(file: string, options: StartOptions, signal: AbortSignal): Promise<void> {
  const began = Date.now();
  const sweep = await loadSweep(file, { set: options.set ?? [] });
  const store = openStore(options.runs);
  const begun = await beginSweep({
    ...sweep,
    store,
    sweepId: options.id,
    backend: options.backend,
    slots: options.workers,
    cache: options.cache !== false,
    signal,
    onEvent: showParts(),
  });
  const { spec, sweepId, total, attached, paused, plan, backend, slots, url } = begun;
  const display = chooseDisplay(store, options);
  display.open({
    spec,
    sweepId,
    total,
    attached,
    cached: plan.cached.trials,
    otherResults: otherResultsLines(plan),
    paused,
    backend,
    slots,
    ...(plan.seconds !== undefined && { estimate: plan.seconds }),
    ...(url !== undefined && { url }),
  });
  if (options.detach) {
    display.close();
    if (!options.json) sayHowToComeBack('Started', sweepId, store);
    return;
  }
  const snapshots = begun.follow(signal);
  if ((await follow({ spec, sweepId, store, snapshots, display, ...(!attached && { began }) })) === 'left')
    sayHowToComeBack('Detached: the sweep goes on', sweepId, store);
}
