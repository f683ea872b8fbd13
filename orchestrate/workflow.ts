/** The workflow of a sweep on a Temporal server: its id, its page, its state, what it answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import type { QueryDefinition } from '@temporalio/common';
import { workflowUrl, type TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { readOutcome, storeId } from '../store/runs.ts';

/** Unique on a server that several runs folders share. */
export async function workflowIdOf(store: Store, sweepId: string): Promise<string> {
  return `${sweepId}@${await storeId(store)}`;
}

/** Where the Temporal UI shows a sweep; undefined where the UI's address is not known. */
export async function sweepUrl(target: TemporalTarget, store: Store, sweepId: string): Promise<string | undefined> {
  return workflowUrl(target, await workflowIdOf(store, sweepId));
}

/** 'running', 'completed', …; undefined where the server does not know it. */
export async function workflowState(
  target: TemporalTarget,
  store: Store,
  sweepId: string,
): Promise<string | undefined> {
  return (await describe(target, await workflowIdOf(store, sweepId)))?.status.name.toLowerCase();
}

/** A workflow that has written its end closes within this, in milliseconds. */
const CLOSING_MS = 30_000;

/** Until a sweep whose end is written has also closed its workflow: what is started before would only attach to it. */
export async function untilClosed(target: TemporalTarget, store: Store, sweepId: string): Promise<void> {
  const since = Date.now();
  while (
    (await readOutcome(store, sweepId)) !== undefined &&
    (await workflowState(target, store, sweepId)) === 'running' &&
    Date.now() - since < CLOSING_MS
  )
    await sleep(100);
}

/**
 * A server or worker that has not answered after this long, in milliseconds, is away: waiting on would be waiting for
 * nothing.
 */
const ANSWER_MS = 5000;

/** Rejects where it is away. */
export const answered = <T>({ client }: TemporalTarget, ask: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + ANSWER_MS, ask);

/** Undefined where the server does not know it. */
export async function describe(
  target: TemporalTarget,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await answered(target, () => target.client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Rejects where no worker answers. */
export const query = <P>(target: TemporalTarget, workflowId: string, what: QueryDefinition<P>) =>
  answered(target, () => target.client.workflow.getHandle(workflowId).query(what));
