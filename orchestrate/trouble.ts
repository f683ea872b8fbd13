/** Why nobody answers for a sweep that runs: its worker does not come up, or cannot take its workflow further. */
import { UserError } from '../core/errors.ts';
import type { TemporalTarget } from '../server/connection.ts';
import { supervisedStatus } from '../server/supervise.ts';
import type { Store } from '../store/index.ts';
import { workerRecord } from './background.ts';
import { describe, workflowIdOf } from './workflow.ts';

/** A step that was tried so often has not just lost its worker. */
const MANY_ATTEMPTS = 3;

/**
 * In a line; undefined: nothing is known of it, and waiting may help. Throws a UserError once the worker of this
 * machine is given up.
 */
export async function troubleOf(target: TemporalTarget, store: Store, sweepId: string): Promise<string | undefined> {
  const workflow = await describe(target, await workflowIdOf(store, sweepId)); // first: a server that is away is none of it
  const { name, folder } = await workerRecord(store);
  const { state, restarts = 0, reason, log } = await supervisedStatus(name, folder);
  if (state === 'failed') {
    throw new UserError(
      `${sweepId}: the worker on this machine does not come up, and has been given up after ${restarts + 1} attempts: ${reason}; put that right, then start the sweep again`,
    );
  }
  if (state === 'running' && reason !== undefined) return `the worker on this machine: ${reason}`;
  const attempts = workflow?.raw.pendingWorkflowTask?.attempt ?? 0;
  return attempts < MANY_ATTEMPTS
    ? undefined
    : `the workflow: its next step has failed ${attempts} times; the worker's log says why${state === 'running' ? `: ${log}` : ''}`;
}
