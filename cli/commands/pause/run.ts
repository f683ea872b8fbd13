/** `sweep pause`. */
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { steerSweep } from '../../../orchestrate/steer.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { sayOf } from '../../ui/output.ts';
import { commandOn } from '../../../store/command.ts';

export async function pause(given: string, options: RunsOptions): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  const { changed } = await steerSweep(store, sweepId, ['pause']);
  const what = changed ? 'is paused: trials in training save a checkpoint and hold' : 'was paused already';
  const line = `${what}. Let it go on with: ${commandOn(store, ['resume', sweepId])}`;
  sayOf(sweepId, options, line, { state: 'paused', changed });
}
