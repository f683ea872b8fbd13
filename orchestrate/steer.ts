/** Steering a sweep: updates to its workflow, which answers or refuses with a line; once it has ended, a new start. */
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.ts';
import { extensionProblem } from '../core/extend.ts';
import { countTrials } from '../core/plan.ts';
import type { SweepSpec } from '../core/spec.ts';
import { connect, type TemporalTarget } from '../server/connection.ts';
import { commandOn } from '../store/command.ts';
import type { Store } from '../store/index.ts';
import { readControl, readCorpus, readOutcome, specOf, writeCorpus } from '../store/runs.ts';
import { extendSpec } from '../sweep-file/extend.ts';
import {
  concurrencyUpdate,
  extendUpdate,
  pauseUpdate,
  resumeUpdate,
  retryUpdate,
  type UpdateResult,
} from '../workflows/messages.ts';
import { beginAgain, type MachineRequest } from './begin.ts';
import { storedSnapshot } from './snapshot.ts';
import { workflowIdOf, workflowState } from './workflow.ts';

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

/** Asks a sweep that must be running. Throws a UserError if it is not, or refuses. */
export async function steerSweep(store: Store, sweepId: string, change: Change): Promise<UpdateResult> {
  await specOf(store, sweepId); // of a damaged sweep that is told, whatever else is the matter with it
  const outcome = await readOutcome(store, sweepId);
  const notRunning = (state: string) =>
    new UserError(
      `${sweepId} is not running (${state}): there is nothing to ${change[0] === 'concurrency' ? 'set' : change[0]}`,
    );
  if (outcome !== undefined) throw notRunning(outcome.state);
  const target = await connect({ start: false });
  const answer = await changeSweep(target, store, sweepId, change);
  if (answer !== undefined) return answer;
  throw notRunning(
    (await workflowState(target, store, sweepId)) ??
      `the Temporal server does not know it; ${commandOn(store, ['start', 'FILE'])} goes on with it`,
  );
}

/** Of a sweep without an end: whether its workflow took the change. It may also have been lost with its server. */
async function tellRunning(store: Store, sweepId: string, change: Change): Promise<boolean> {
  if ((await readOutcome(store, sweepId)) !== undefined) return false;
  return (await changeSweep(await connect({ start: true }), store, sweepId, change)) !== undefined;
}

/** What a sweep goes on with that was extended or retried. */
export interface GoesOn {
  /** People had paused it: it stays so while it runs, or its server has lost it. */
  paused: boolean;
}

const goesOn = async (store: Store, sweepId: string): Promise<GoesOn> => ({
  paused: (await readControl(store, sweepId)).paused,
});

export interface Extended extends GoesOn {
  /** Trials before and now. */
  before: number;
  now: number;
}

/** Adds to a sweep that runs or has ended what `set` says, 'path=value' each: values, repeats, trials, steps. */
export async function extendSweep(
  store: Store,
  sweepId: string,
  set: readonly string[],
  machine: MachineRequest,
): Promise<Extended> {
  const standing = await specOf(store, sweepId);
  const texts = await Promise.all(
    Object.entries(standing.corpora ?? {}).map(
      async ([name, reference]) => [name, await readCorpus(store, sweepId, reference)] as const,
    ),
  );
  const { spec, corpora } = extendSpec(standing, set, new Map(texts));
  const problem = extensionProblem(standing, spec);
  if (problem !== undefined) throw new UserError(`${sweepId}: ${problem}`, 2);
  for (const [reference, text] of corpora) await writeCorpus(store, sweepId, reference, text);
  if (!(await tellRunning(store, sweepId, ['extend', spec]))) await beginAgain({ store, sweepId, spec }, machine);
  return { before: countTrials(standing), now: countTrials(spec), ...(await goesOn(store, sweepId)) };
}

export interface Retried extends GoesOn {
  /** Trials that had failed, and are trained again. */
  failed: number;
}

/** Trains the failed trials of a sweep again, whether it runs or has ended. */
export async function retrySweep(store: Store, sweepId: string, machine: MachineRequest): Promise<Retried> {
  const spec = await specOf(store, sweepId);
  const { failed } = await storedSnapshot(store, sweepId, spec);
  if (failed === 0) throw new UserError(`${sweepId}: no trial has failed, so there is nothing to retry`, 2);
  if (!(await tellRunning(store, sweepId, ['retry']))) await beginAgain({ store, sweepId, spec }, machine);
  return { failed, ...(await goesOn(store, sweepId)) };
}
