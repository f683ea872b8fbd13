/** `sweep extend`. */
import type { BackendKind } from '../../../engine/backends/index.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { extendSweep } from '../../../orchestrate/steer.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { whatNext } from '../../ui/follow.ts';
import { sayOf } from '../../ui/output.ts';
import { showParts } from '../../ui/parts.ts';
import { count, plural } from '../../ui/text.ts';

export interface ExtendOptions extends RunsOptions {
  set: string[];
  backend?: BackendKind;
  workers?: number;
}

export async function extend(given: string, options: ExtendOptions, signal: AbortSignal): Promise<void> {
  const store = openStore(options.runs);
  const sweepId = await findSweep(store, given);
  const { backend, workers: slots } = options;
  const machine = { backend, slots, signal, onEvent: showParts() };
  const { before, now, ...next } = await extendSweep(store, sweepId, options.set, machine);
  const growth =
    now > before
      ? `has ${plural(now, 'trial')} now, ${count(now - before)} of them new`
      : `goes on with the same ${plural(now, 'trial')}`;
  const line = `${growth}. ${whatNext(store, sweepId, next)}`;
  sayOf(sweepId, options, line, { trials: now, added: now - before });
}
