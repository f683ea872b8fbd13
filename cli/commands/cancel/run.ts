/** `sweep cancel`. */
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { cancelSweep, type Cancelled } from '../../../orchestrate/cancel.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { sayOf } from '../../ui/output.ts';

const LINES: Record<Cancelled, string> = {
  cancelling: 'ends: trials in training save a checkpoint, finished ones are kept.',
  already: 'was cancelled already.',
  ended:
    'is ended: it had nothing left to train, but its report could not be written. sweep status says why; sweep report writes one of what there is.',
  ending: 'has nothing left to train and is just ending: there is nothing to cancel.',
};

export async function cancel(given: string, options: RunsOptions): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  const came = await cancelSweep(store, sweepId);
  sayOf(sweepId, options, LINES[came], { cancelling: came === 'cancelling' });
}
