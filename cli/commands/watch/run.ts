/** `sweep watch`. */
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { watchSweep } from '../../../orchestrate/watch.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { chooseDisplay, follow, sayHowToComeBack } from '../../ui/follow.ts';

export async function watch(given: string, { runs, json }: RunsOptions, signal: AbortSignal): Promise<void> {
  const store = openStore(runs);
  const sweepId = await findSweep(store, given);
  const { spec, total, running, url, snapshots } = await watchSweep(store, sweepId, signal);
  const display = chooseDisplay(store, { json });
  display.open({ spec, sweepId, total, attached: running, ...(url !== undefined && { url }) });
  if ((await follow({ spec, sweepId, store, snapshots, display })) === 'left' && running)
    sayHowToComeBack('Detached: the sweep goes on', sweepId, store);
}
