/** Ending a sweep before its end. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { UserError } from '../core/errors.ts';
import { connect, type TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { readOutcome, specOf, writeOutcome } from '../store/runs.ts';
import { sweepProgressQuery } from '../workflows/messages.ts';
import { storedSnapshot } from './snapshot.ts';
import { answered, describe, query, workflowIdOf } from './workflow.ts';

/**
 * What a cancellation came to. `ending`: the sweep had trained all it will, and only writes its report. `ended`: it
 * could not, and has been ended.
 */
export type Cancelled = 'cancelling' | 'already' | 'ending' | 'ended';

/**
 * Its end has failed to be written so often that it is not just a worker that went away: one that is tried again may
 * yet succeed.
 */
const STUCK_ATTEMPTS = 3;

/** Why a sweep that has nothing left to train does not end; undefined: nothing stands in its way. */
function stuckAtEnd({ raw }: WorkflowExecutionDescription): string | undefined {
  const finish = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'finish');
  return finish !== undefined && (finish.attempt ?? 0) >= STUCK_ATTEMPTS
    ? (finish.lastFailure?.message ?? 'no reason is known')
    : undefined;
}

/** Ends the workflow of a sweep whose end cannot be written, and writes that in its place. */
async function endStuck(target: TemporalTarget, store: Store, sweepId: string, why: string): Promise<void> {
  const reason = `cancelled, since its report could not be written: ${why}`;
  await target.client.workflow.getHandle(await workflowIdOf(store, sweepId)).terminate(reason);
  const {
    total,
    completed,
    diverged,
    failed,
    stopped = 0,
  } = await storedSnapshot(store, sweepId, await specOf(store, sweepId));
  const counts = { total, completed, diverged, failed, ...(stopped > 0 && { stopped }) };
  await writeOutcome(store, sweepId, { state: 'cancelled', ...counts, at: new Date().toISOString(), message: reason });
}

/** Asks a running sweep to end: trials in training save a checkpoint, finished ones are kept and reported. */
export async function cancelWorkflow(target: TemporalTarget, store: Store, sweepId: string): Promise<Cancelled> {
  const workflowId = await workflowIdOf(store, sweepId);
  const found = await describe(target, workflowId);
  const state = found?.status.name.toLowerCase();
  const stuck = found && state === 'running' ? stuckAtEnd(found) : undefined;
  if (stuck !== undefined) {
    await endStuck(target, store, sweepId, stuck);
    return 'ended';
  }
  if (state === 'cancelled' || found?.raw.workflowExtendedInfo?.cancelRequested) return 'already';
  if (state !== 'running')
    throw new UserError(
      `${sweepId} is not running (${state ?? 'this Temporal server does not know it'}); nothing to cancel`,
    );
  // No worker may be there to ask: then nobody is just ending it.
  const { ending } = await query(target, workflowId, sweepProgressQuery).catch(() => ({ ending: undefined }));
  if (ending) return 'ending';
  await answered(target, () => target.client.workflow.getHandle(workflowId).cancel());
  return 'cancelling';
}

/** As `cancelWorkflow`, of a sweep that may have ended long ago: then no server is asked. */
export async function cancelSweep(store: Store, sweepId: string): Promise<Cancelled> {
  if ((await readOutcome(store, sweepId))?.state === 'cancelled') return 'already';
  return cancelWorkflow(await connect({ start: false }), store, sweepId);
}
