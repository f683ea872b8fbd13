/** Steering a sweep while it runs: updates to its workflow, which answers or refuses with a line. */
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { commandOn } from '../store/command.ts';
import type { Store } from '../store/index.ts';
import {
  concurrencyUpdate,
  extendUpdate,
  pauseUpdate,
  resumeUpdate,
  retryUpdate,
  type UpdateResult,
} from '../workflows/messages.ts';
import { workflowIdOf, workflowState } from './sweeps.ts';

/** What the workflow is asked, with its argument. */
export type Change = ['pause'] | ['resume'] | ['retry'] | ['concurrency', jobs: number] | ['extend', spec: SweepSpec];

function ask(handle: WorkflowHandle, change: Change): Promise<UpdateResult> {
  switch (change[0]) {
    case 'pause':
      return handle.executeUpdate(pauseUpdate);
    case 'resume':
      return handle.executeUpdate(resumeUpdate);
    case 'retry':
      return handle.executeUpdate(retryUpdate);
    case 'concurrency':
      return handle.executeUpdate(concurrencyUpdate, { args: [change[1]] });
    case 'extend':
      return handle.executeUpdate(extendUpdate, { args: [change[1]] });
  }
}

/** A worker answers in milliseconds; one that is being started again within this, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Asks a running sweep for a change. Undefined: it does not run, or has just ended. Throws a UserError if it refuses.
 */
export async function changeSweep(
  target: TemporalTarget,
  store: Store,
  sweepId: string,
  change: Change,
): Promise<UpdateResult | undefined> {
  const workflowId = await workflowIdOf(store, sweepId);
  for (;;) {
    if ((await workflowState(target, store, sweepId)) !== 'running') return undefined;
    try {
      const handle = target.client.workflow.getHandle(workflowId);
      return await target.client.withDeadline(Date.now() + PATIENCE, () => ask(handle, change));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
        throw new UserError(
          `${sweepId}: no worker has answered for ${PATIENCE / 1000} seconds; start one with: ${commandOn(store, ['worker'])}`,
        );
      }
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure)) throw error;
      if (cause.type !== 'Ending') throw new UserError(`${sweepId}: ${cause.message}`, 2);
      await sleep(500); // it writes its report; then it can be started again
    }
  }
}
