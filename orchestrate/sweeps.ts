/** The client's side of the workflows: start a sweep, follow it, cancel it. */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter, TypedSearchAttributes, type QueryDefinition } from '@temporalio/common';
import type { Heartbeat } from '../activities/attempts.ts';
import { UserError } from '../core/errors.ts';
import type { Control } from '../core/control.ts';
import { trialRow } from '../core/aggregate.ts';
import { SWEEP_ATTRIBUTES } from '../core/attributes.ts';
import { countTrials } from '../core/plan.ts';
import {
  addProgress,
  emptyProgress,
  failedOutcome,
  outcomeOf,
  withOutcome,
  withStopped,
  type Progress,
} from '../core/progress.ts';
import { queuesOf } from '../core/queues.ts';
import type { JobProgress, ReportProgress, SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import { frontRunner } from '../core/standing.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { ensureSearchAttributes } from '../server/attributes.ts';
import { workflowUrl, type TemporalTarget } from '../server/connection.ts';
import { commandOn } from '../store/command.ts';
import type { Store } from '../store/index.ts';
import {
  claimSweep,
  clearOutcome,
  listTrials,
  readControl,
  readOutcome,
  readSpec,
  reopenSweep,
  storeId,
  writeControl,
  writeOutcome,
} from '../store/runs.ts';
import { storedTrials } from '../store/trials.ts';
import type { sweep } from '../workflows/index.ts';
import { progressQuery, sweepProgressQuery, type SweepInput } from '../workflows/messages.ts';

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

const answered = <T>({ client }: TemporalTarget, ask: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + ANSWER_MS, ask);

async function describe(target: TemporalTarget, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await answered(target, () => target.client.workflow.getHandle(workflowId).describe());
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
  /** Jobs that the workers of this machine run at a time; left out: one a core. */
  slots?: number;
  /** Take no results of other sweeps. */
  noCache?: boolean;
}

/** `spec`: the one that the sweep has, which may have been extended since. */
export interface Started {
  attached: boolean;
  total: number;
  spec: SweepSpec;
  paused: boolean;
}

/** Where every result may change what is next: enough for no slot to wait, and no more. */
const QUEUED_PER_SLOT = 2;

/** Trials that a job may carry at most: what is set by hand, else as many as pay on the machine that trains them. */
const LANES = process.env['SWEEP_LANES']
  ? Math.max(1, Math.trunc(Number(process.env['SWEEP_LANES'])) || 1)
  : 'measured';

/**
 * What a workflow run takes on, as '2,40' for trials and events: with little, a few trials are a large sweep. For
 * tests.
 */
function runLimits(text = process.env['SWEEP_RUN_LIMITS']): Pick<SweepInput, 'limits'> {
  const [trials = NaN, events = NaN] = (text ?? '').split(',').map(Number);
  return trials >= 1 && events >= 1 ? { limits: { trials, events } } : {};
}

/**
 * What a sweep goes on with: one that has ended begins as its file says, one that the server lost is as people have set
 * it.
 */
async function controlFor(store: Store, sweepId: string, noCache: boolean): Promise<Control> {
  const before = await readControl(store, sweepId);
  if (noCache && !before.noCache && (await listTrials(store, sweepId)).length > 0) {
    throw new UserError(
      `--no-cache: ${sweepId} has trained trials already, which would be taken; allowed: another --id, or no --no-cache to go on with it`,
      2,
    );
  }
  const flag = noCache || before.noCache ? { noCache: true as const } : {};
  return (await readOutcome(store, sweepId)) === undefined ? { ...before, ...flag } : { paused: false, ...flag };
}

/**
 * Lets a sweep that has ended go on, with another spec or to try again what failed: from its beginning as any other,
 * and not paused as it was when it ended.
 */
export async function reopenEnded(store: Store, sweepId: string, spec: SweepSpec): Promise<void> {
  await writeControl(store, sweepId, await controlFor(store, sweepId, false)); // which the outcome decides, and that goes next
  await reopenSweep(store, sweepId, spec);
}

/**
 * Starts a sweep's workflow, or attaches to the one that runs already. Starting twice at once starts it once. Says
 * which spec stands.
 */
export async function startSweep({
  spec: given,
  sweepId,
  store,
  target,
  accelerator,
  slots = availableParallelism(),
  noCache = false,
}: StartRequest): Promise<Started> {
  const spec = await claimSweep(store, sweepId, given);
  if (spec === undefined) {
    throw new UserError(
      `sweep id "${sweepId}": the runs folder has another sweep of this id, with a different spec; allowed: another --id`,
      2,
    );
  }
  await untilClosed(target, store, sweepId);
  const queues = queuesOf(await storeId(store));
  const workflowId = await workflowIdOf(store, sweepId);
  const total = countTrials(spec);
  const control = await controlFor(store, sweepId, noCache);
  if ((await describe(target, workflowId))?.status.name === 'RUNNING')
    return { attached: true, total, spec, paused: control.paused };

  const searchAttributes = await answered(target, () => ensureSearchAttributes(target.client));
  await writeControl(store, sweepId, control);
  await clearOutcome(store, sweepId);
  const wanted = spec.resources.accelerator === 'any' ? accelerator : spec.resources.accelerator;
  const input: SweepInput = {
    sweepId,
    spec,
    science: SCIENCE_VERSION,
    trainQueue: queues[wanted],
    searchAttributes,
    control,
    cache: !control.noCache,
    ahead: QUEUED_PER_SLOT * slots,
    lanes: LANES,
    ...runLimits(),
  };
  await answered(target, () =>
    target.client.workflow.start<typeof sweep>('sweep', {
      workflowId,
      taskQueue: queues.sweep,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${spec.name}: ${total} trials`,
      staticDetails: [spec.description, `Runs folder: \`${store.url}/${sweepId}\``].filter(Boolean).join('\n\n'),
      ...(searchAttributes && {
        typedSearchAttributes: new TypedSearchAttributes([
          { key: SWEEP_ATTRIBUTES.name, value: spec.name },
          { key: SWEEP_ATTRIBUTES.task, value: spec.task?.name ?? 'program' },
        ]),
      }),
    }),
  );
  return { attached: false, total, spec, paused: control.paused };
}

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
export async function cancelSweep(target: TemporalTarget, store: Store, sweepId: string): Promise<Cancelled> {
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

const STATE: Record<string, SweepSnapshot['state']> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'completed',
  CANCELLED: 'cancelled',
  PAUSED: 'paused',
};

/** Jobs that a worker has in hand, from their heartbeats. */
function runningJobs(description: WorkflowExecutionDescription): JobProgress[] {
  const started = 2; // PENDING_ACTIVITY_STATE_STARTED
  return (description.raw.pendingActivities ?? []).flatMap((activity) => {
    const payload = activity.heartbeatDetails?.payloads?.[0];
    if (activity.state !== started || activity.activityType?.name !== 'train' || !payload) return [];
    const { furthest: _, failed: __, ...progress } = defaultPayloadConverter.fromPayload<Heartbeat>(payload);
    return [progress];
  });
}

/** How far the report is, by the heartbeat of the activity that has it written; empty: it has not said. */
function reportProgress(description: WorkflowExecutionDescription): Partial<ReportProgress> {
  const finish = (description.raw.pendingActivities ?? []).find(({ activityType }) => activityType?.name === 'finish');
  const payload = finish?.heartbeatDetails?.payloads?.[0];
  return payload ? defaultPayloadConverter.fromPayload<ReportProgress>(payload) : {};
}

/** Activities that failed and are tried again, and why. */
function troubles(description: WorkflowExecutionDescription): string[] {
  return (description.raw.pendingActivities ?? []).flatMap(({ attempt, lastFailure, activityType }) => {
    if (!lastFailure?.message || (attempt ?? 0) < 2) return [];
    return [`${activityType?.name ?? 'activity'}: ${lastFailure.message} (attempt ${attempt} is next or under way)`];
  });
}

const query = <P>(target: TemporalTarget, workflowId: string, what: QueryDefinition<P>) =>
  answered(target, () => target.client.workflow.getHandle(workflowId).query(what));

/** A sweep as the Temporal server and its workers see it now; undefined where the server does not know it. */
async function liveSnapshot(target: TemporalTarget, store: Store, sweepId: string): Promise<SweepSnapshot | undefined> {
  const spec = await specOf(store, sweepId); // first, so that a folder that was moved away gets no new id
  const workflowId = await workflowIdOf(store, sweepId);
  const root = await describe(target, workflowId);
  if (root === undefined) return undefined;
  const ended = STATE[root.status.name] ?? 'failed';
  const startedAt = root.startTime.toISOString();
  if (ended !== 'running') return { ...(await storedSnapshot(store, sweepId, spec)), state: ended, startedAt };
  const { paused, shards, ending, ...own } = await query(target, workflowId, sweepProgressQuery);
  let progress: Progress & { maxConcurrent?: number } = own;
  const running = runningJobs(root);
  const trouble = troubles(root);
  for (const id of shards) {
    const description = await describe(target, id);
    if (description?.status.name !== 'RUNNING') continue; // not begun, or its news is on the way
    progress = { ...progress, ...addProgress(progress, await query(target, id, progressQuery), spec.objective.goal) };
    running.push(...runningJobs(description));
    trouble.push(...troubles(description));
  }
  const state = paused && !ending ? 'paused' : 'running';
  return {
    sweepId,
    state,
    startedAt,
    ...progress,
    running,
    ...(ending && { reporting: reportProgress(root) }),
    ...(trouble.length > 0 && { trouble }),
  };
}

async function specOf(store: Store, sweepId: string): Promise<SweepSpec> {
  const spec = await readSpec(store, sweepId);
  if (spec === undefined) throw new UserError(`${sweepId}: there is no such sweep in ${store.url}`);
  return spec;
}

/** A sweep as the runs folder alone shows it: no server and no worker is needed. */
export async function storedSnapshot(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSnapshot> {
  const outcome = await readOutcome(store, sweepId);
  const { paused, maxConcurrent } = await readControl(store, sweepId);
  let progress = emptyProgress(countTrials(spec));
  const front = frontRunner(spec.objective);
  for await (const { found, ...trial } of storedTrials(store, sweepId, spec)) {
    const { label } = trial;
    front.add(
      found === undefined || 'message' in found
        ? trialRow(trial, undefined, found !== undefined)
        : trialRow(trial, found, false),
    );
    if (found === undefined) continue;
    const end = 'message' in found ? failedOutcome(found.trialId) : outcomeOf(found, spec.objective.metric);
    progress = withOutcome(progress, end, label, spec.objective.goal);
    // Once it is over, what stands at a rung stays there.
    if (end.status === 'paused' && outcome !== undefined) progress = withStopped(progress, 1);
  }
  return {
    sweepId,
    state: outcome?.state ?? (paused ? 'paused' : 'running'),
    ...progress,
    running: [],
    ...front.leader(),
    ...(maxConcurrent !== undefined && { maxConcurrent }),
    ...(outcome?.message && { message: outcome.message }),
  };
}

/**
 * A server that restarts may deny a sweep that it knows; one that still does after this long, in milliseconds, has lost
 * it.
 */
const DENIAL_MS = 10_000;

export interface FollowOptions {
  signal: AbortSignal;
  intervalMs?: number;
  /**
   * Called when the server or the workers cannot be reached, at most every ten seconds: the place to bring them back.
   */
  revive?(): Promise<TemporalTarget>;
  /** Called when the server has lost the sweep, to start it again; left out: a UserError. */
  restart?(target: TemporalTarget): Promise<unknown>;
}

/** Rejects as soon as the signal aborts: what becomes of the promise then is nobody's business. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/**
 * Snapshots until the sweep has ended (the last one says how) or the signal aborts. Lost connections are waited out.
 */
export async function* followSweep(
  given: TemporalTarget,
  store: Store,
  sweepId: string,
  options: FollowOptions,
): AsyncGenerator<SweepSnapshot> {
  const { signal, intervalMs = 500, revive, restart } = options;
  await specOf(store, sweepId);
  let target = given;
  let revivedAt = Date.now();
  let knownAt = Date.now();
  while (!signal.aborted) {
    try {
      const snapshot = await unlessAborted(liveSnapshot(target, store, sweepId), signal);
      if (snapshot !== undefined) {
        yield snapshot;
        if (snapshot.state !== 'running' && snapshot.state !== 'paused') return;
        knownAt = Date.now();
      } else if (Date.now() - knownAt > DENIAL_MS) {
        if (!restart)
          throw new UserError(
            `${sweepId}: the Temporal server at ${target.address} does not know it; start it again with: ${commandOn(store, ['start', 'FILE'])}`,
          );
        await unlessAborted(restart(target), signal);
        knownAt = Date.now();
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (revive && !signal.aborted && Date.now() - revivedAt > 10_000) {
        revivedAt = Date.now();
        target = await unlessAborted(revive(), signal).catch(() => target);
      }
    }
    await sleep(intervalMs, undefined, { signal }).catch(() => {}); // aborted
  }
}
