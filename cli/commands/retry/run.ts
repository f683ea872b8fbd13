/** `sweep retry`. */
import type { BackendKind } from '../../../engine/backends/index.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { retrySweep } from '../../../orchestrate/steer.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { whatNext } from '../../ui/follow.ts';
import { sayOf } from '../../ui/output.ts';
import { showParts } from '../../ui/parts.ts';
import { plural } from '../../ui/text.ts';

export interface RetryOptions extends RunsOptions {
  backend?: BackendKind;
  workers?: number;
}

export async function retry(given: string, options: RetryOptions, signal: AbortSignal): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  const { backend, workers: slots } = options;
  const { failed, ...next } = await retrySweep(store, sweepId, { backend, slots, signal, onEvent: showParts() });
  const line = `trains ${plural(failed, 'failed trial')} again. ${whatNext(store, sweepId, next)}`;
  sayOf(sweepId, options, line, { retried: failed });
}
