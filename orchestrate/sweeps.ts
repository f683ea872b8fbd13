/** The client's side of the workflows: start a sweep, follow it, cancel it. */
import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter, defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { UserError } from '../core/errors.ts';
import { countTrials, trialAt } from '../core/plan.ts';
import { addProgress, emptyProgress, type Progress, withOutcome } from '../core/progress.ts';
import { queuesOf } from '../core/queues.ts';
import type { JobProgress, SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { ensureSearchAttributes } from '../server/attributes.ts';
import { workflowUrl, type TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { claimSweep, clearOutcome, listTrials, readFailure, readOutcome, readResult, readSpec, storeId } from '../store/runs.ts';
import type { SweepInput } from '../workflows/messages.ts';

/** Unique on a server that several runs folders share. */
export async function workflowIdOf(store: Store, sweepId: string): Promise<string> {
  return `${sweepId}@${await storeId(store)}`;
}

/** Where the Temporal UI shows a sweep; undefined where the UI's address is not known. */
export async function sweepUrl(target: TemporalTarget, store: Store, sweepId: string): Promise<string | undefined> {
  return workflowUrl(target, await workflowIdOf(store, sweepId));
}

async function describe(target: TemporalTarget, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await target.client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export interface StartRequest {
  spec: SweepSpec;
  sweepId: string;
  store: Store;
  target: TemporalTarget;
  /** What `accelerator: any` means on this machine. */
  accelerator: 'cpu' | 'gpu';
}

/** Starts a sweep's workflow, or attaches to the one that runs already. Starting twice at once starts it once. */
export async function startSweep({ spec, sweepId, store, target, accelerator }: StartRequest): Promise<{ attached: boolean; total: number }> {
  if (!(await claimSweep(store, sweepId, spec))) {
    throw new UserError(`sweep id "${sweepId}": the runs folder has another sweep of this id, with a different spec; allowed: another --id`, 2);
  }
  const queues = queuesOf(await storeId(store));
  const workflowId = await workflowIdOf(store, sweepId);
  const total = countTrials(spec);
  if ((await describe(target, workflowId))?.status.name === 'RUNNING') return { attached: true, total };

  const searchAttributes = await ensureSearchAttributes(target.client);
  await clearOutcome(store, sweepId);
  const wanted = spec.resources.accelerator === 'any' ? accelerator : spec.resources.accelerator;
  const input: SweepInput = { sweepId, spec, science: SCIENCE_VERSION, trainQueue: queues[wanted], searchAttributes };
  await target.client.workflow.start('sweep', {
    workflowId,
    taskQueue: queues.sweep,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: `${spec.name}: ${total} trials`,
    staticDetails: [spec.description, `Runs folder: \`${store.url}/${sweepId}\``].filter(Boolean).join('\n\n'),
    ...(searchAttributes && {
      typedSearchAttributes: new TypedSearchAttributes([
        { key: defineSearchAttributeKey('SweepName', 'KEYWORD'), value: spec.name },
        { key: defineSearchAttributeKey('SweepTask', 'KEYWORD'), value: spec.task.name },
      ]),
    }),
  });
  return { attached: false, total };
}

/** Asks a running sweep to end: trials in training save a checkpoint, finished ones are kept and reported. */
export async function cancelSweep(target: TemporalTarget, store: Store, sweepId: string): Promise<void> {
  const workflowId = await workflowIdOf(store, sweepId);
  const description = await describe(target, workflowId);
  if (description?.status.name !== 'RUNNING') {
    throw new UserError(`${sweepId} is not running (${description?.status.name.toLowerCase() ?? 'this Temporal server does not know it'}); nothing to cancel`);
  }
  await target.client.workflow.getHandle(workflowId).cancel();
}

const STATE: Record<string, SweepSnapshot['state']> = { RUNNING: 'running', CONTINUED_AS_NEW: 'running', COMPLETED: 'completed', CANCELLED: 'cancelled', PAUSED: 'paused' };

/** Jobs that a worker has in hand, from their heartbeats. */
function runningJobs(description: WorkflowExecutionDescription): JobProgress[] {
  const started = 2; // PENDING_ACTIVITY_STATE_STARTED
  return (description.raw.pendingActivities ?? []).flatMap((activity) => {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    if (activity.state !== started || activity.activityType?.name !== 'train' || !payload) return [];
    return [defaultPayloadConverter.fromPayload<JobProgress>(payload)];
  });
}

/** Activities that failed and are tried again, and why. */
function troubles(description: WorkflowExecutionDescription): string[] {
  return (description.raw.pendingActivities ?? []).flatMap(({ attempt, lastFailure, activityType }) => {
    if (!lastFailure?.message || (attempt ?? 0) < 2) return [];
    return [`${activityType?.name ?? 'activity'}: ${lastFailure.message} (attempt ${attempt} is next or under way)`];
  });
}

const queryProgress = (target: TemporalTarget, workflowId: string) =>
  target.client.withDeadline(Date.now() + 5000, () => target.client.workflow.getHandle(workflowId).query<Progress>('progress'));

/** A sweep as the Temporal server and its workers see it now; undefined where the server does not know it. */
async function liveSnapshot(target: TemporalTarget, store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSnapshot | undefined> {
  const workflowId = await workflowIdOf(store, sweepId);
  const root = await describe(target, workflowId);
  if (root === undefined) return undefined;
  const state = STATE[root.status.name] ?? 'failed';
  if (state !== 'running') {
    const stored = await storedSnapshot(store, sweepId, spec);
    return { ...stored, state, startedAt: root.startTime.toISOString() };
  }
  let progress = await queryProgress(target, workflowId);
  const running = runningJobs(root);
  const trouble = troubles(root);
  for (const child of root.raw.pendingChildren ?? []) {
    const id = child.workflowId ?? '';
    progress = addProgress(progress, await queryProgress(target, id), spec.objective.goal);
    const description = await describe(target, id);
    if (!description) continue;
    running.push(...runningJobs(description));
    trouble.push(...troubles(description));
  }
  return { sweepId, state, startedAt: root.startTime.toISOString(), ...progress, running, ...(trouble.length > 0 && { trouble }) };
}

/** A sweep as the runs folder alone shows it: no server and no worker is needed. */
export async function storedSnapshot(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSnapshot> {
  const outcome = await readOutcome(store, sweepId);
  const total = countTrials(spec);
  const begun = new Set(await listTrials(store, sweepId));
  let progress = emptyProgress(total);
  for (let index = 0; index < total && begun.size > 0; index++) {
    const { trialId, label } = trialAt(spec, index);
    if (!begun.delete(trialId)) continue;
    const result = await readResult(store, sweepId, trialId);
    if (result === undefined && (await readFailure(store, sweepId, trialId)) === undefined) continue;
    const objective = result?.metrics[spec.objective.metric] ?? null;
    progress = withOutcome(progress, { trialId, status: result?.status ?? 'failed', steps: result?.steps ?? 0, objective, cached: false }, label, spec.objective.goal);
  }
  return { sweepId, state: outcome?.state ?? 'running', ...progress, running: [], ...(outcome?.message && { message: outcome.message }) };
}

/** A server that restarts may deny a sweep that it knows; one that still does after this long, in milliseconds, has lost it. */
const DENIAL_MS = 10_000;

export interface FollowOptions {
  signal: AbortSignal;
  intervalMs?: number;
  /** Called when the server or the workers cannot be reached, at most every ten seconds: the place to bring them back. */
  revive?(): Promise<TemporalTarget>;
  /** Called when the server has lost the sweep, to start it again; left out: a UserError. */
  restart?(target: TemporalTarget): Promise<unknown>;
}

/** Snapshots until the sweep has ended (the last one says how) or the signal aborts. Lost connections are waited out. */
export async function* followSweep(given: TemporalTarget, store: Store, sweepId: string, options: FollowOptions): AsyncGenerator<SweepSnapshot> {
  const { signal, intervalMs = 500, revive, restart } = options;
  const spec = await readSpec(store, sweepId);
  if (spec === undefined) throw new UserError(`${sweepId}: there is no such sweep in ${store.url}`);
  let target = given;
  let revivedAt = Date.now();
  let knownAt = Date.now();
  while (!signal.aborted) {
    try {
      const snapshot = await liveSnapshot(target, store, sweepId, spec);
      if (snapshot !== undefined) {
        yield snapshot;
        if (snapshot.state !== 'running' && snapshot.state !== 'paused') return;
        knownAt = Date.now();
      } else if (Date.now() - knownAt > DENIAL_MS) {
        if (!restart) throw new UserError(`${sweepId}: the Temporal server at ${target.address} does not know it; start it again with sweep start`);
        await restart(target);
        knownAt = Date.now();
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (revive && Date.now() - revivedAt > 10_000) {
        revivedAt = Date.now();
        target = await revive().catch(() => target);
      }
    }
    await new Promise<void>((resolve) => {
      const done = () => { clearTimeout(timer); signal.removeEventListener('abort', done); resolve(); };
      const timer = setTimeout(done, intervalMs);
      signal.addEventListener('abort', done);
    });
  }
}
