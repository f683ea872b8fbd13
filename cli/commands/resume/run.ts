/** `sweep resume`. */
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { steerSweep } from '../../../orchestrate/steer.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { sayOf } from '../../ui/output.ts';

export async function resume(given: string, options: RunsOptions): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  const { changed } = await steerSweep(store, sweepId, ['resume']);
  const line = changed ? 'goes on.' : 'was not paused; it goes on as it did.';
  sayOf(sweepId, options, line, { state: 'running', changed });
}
