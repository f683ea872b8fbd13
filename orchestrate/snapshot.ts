/** A sweep at one moment: as the Temporal server and its workers see it, or as the runs folder alone shows it. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Heartbeat } from '../activities/attempts.ts';
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
import type { JobProgress, ReportProgress, SweepSnapshot } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import { frontRunner } from '../core/standing.ts';
import type { TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import { readControl, readOutcome, specOf } from '../store/runs.ts';
import { rowOf, storedTrials } from '../store/trials.ts';
import { progressQuery, sweepProgressQuery } from '../workflows/messages.ts';
import { waitsFor } from './fleet.ts';
import { describe, query, workflowIdOf } from './workflow.ts';

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

/** Jobs that no worker has in hand. */
const hasQueued = ({ raw }: WorkflowExecutionDescription): boolean =>
  (raw.pendingActivities ?? []).some(
    ({ state, activityType }) => state === 1 && ['train', 'packSize'].includes(activityType?.name ?? ''), // PENDING_ACTIVITY_STATE_SCHEDULED
  );

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

/** A sweep as the Temporal server and its workers see it now; undefined where the server does not know it. */
export async function liveSnapshot(
  target: TemporalTarget,
  store: Store,
  sweepId: string,
): Promise<SweepSnapshot | undefined> {
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
  let queued = hasQueued(root);
  for (const id of shards) {
    const description = await describe(target, id);
    if (description?.status.name !== 'RUNNING') continue; // not begun, or its news is on the way
    progress = { ...progress, ...addProgress(progress, await query(target, id, progressQuery), spec.objective.goal) };
    running.push(...runningJobs(description));
    trouble.push(...troubles(description));
    queued ||= hasQueued(description);
  }
  const state = paused && !ending ? 'paused' : 'running';
  const waiting = queued && running.length === 0 ? await waitsFor(target, store, sweepId, root.taskQueue) : undefined;
  return {
    sweepId,
    state,
    startedAt,
    ...progress,
    running,
    ...(ending && { reporting: reportProgress(root) }),
    ...(trouble.length > 0 && { trouble }),
    ...(waiting !== undefined && { waiting }),
  };
}

/** A sweep as the runs folder alone shows it: no server and no worker is needed. */
export async function storedSnapshot(store: Store, sweepId: string, spec: SweepSpec): Promise<SweepSnapshot> {
  const outcome = await readOutcome(store, sweepId);
  const { paused, maxConcurrent } = await readControl(store, sweepId);
  let progress = emptyProgress(countTrials(spec));
  const front = frontRunner(spec.objective);
  for await (const trial of storedTrials(store, sweepId, spec)) {
    const { label, found } = trial;
    front.add(rowOf(trial));
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
