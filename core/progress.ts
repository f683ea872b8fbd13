/** What came of trials, and how far a sweep is: a reducer over their outcomes. Plain JSON, the workflow's state. */
import type { LaneOutcome, RungRecord, TrialResult } from './results.ts';
import type { Objective } from './spec.ts';

export interface Progress {
  total: number;
  completed: number;
  cached: number;
  diverged: number;
  failed: number;
  /** Of the completed: those that a scheduler left at a rung. */
  stopped: number;
  best?: { label: string; trialId: string; objective: number };
}

export function emptyProgress(total: number): Progress {
  return { total, completed: 0, cached: 0, diverged: 0, failed: 0, stopped: 0 };
}

/** Whether training is over, and not just at a rung. */
export const hasEnded = (found: TrialResult | RungRecord): found is TrialResult => 'status' in found;

/** A trial's outcome from what the store has of it: its result, or how far it came. A diverged one has no objective. */
export function outcomeOf(found: TrialResult | RungRecord, metric: string, cached = false): LaneOutcome {
  const status = hasEnded(found) ? found.status : 'paused';
  return {
    trialId: found.trialId,
    status,
    steps: found.steps,
    objective: status === 'diverged' ? null : (found.metrics[metric] ?? null),
    cached,
  };
}

/** Of a trial whose job failed for good; its last steps and metrics are nobody's. */
export function failedOutcome(trialId: string): LaneOutcome {
  return { trialId, status: 'failed', steps: 0, objective: null, cached: false };
}

/** Whether objective `a` is strictly better than `b`; nothing is worse than no number. */
export function isBetter(goal: Objective['goal'], a: number | null, b: number | null | undefined): boolean {
  if (a === null) return false;
  if (b === null || b === undefined) return true;
  return goal === 'maximize' ? a > b : a < b;
}

/** One that paused has not ended, so it counts for nothing but the best. */
export function withOutcome(
  progress: Progress,
  outcome: LaneOutcome,
  label: string,
  goal: Objective['goal'],
): Progress {
  const next = { ...progress };
  if (outcome.status === 'failed') next.failed++;
  else if (outcome.status !== 'paused') {
    next.completed++;
    if (outcome.cached) next.cached++;
  }
  if (outcome.status === 'diverged') next.diverged++;
  if (outcome.objective !== null && isBetter(goal, outcome.objective, next.best?.objective)) {
    next.best = { label, trialId: outcome.trialId, objective: outcome.objective };
  }
  return next;
}

/** The progress of two disjoint parts of one sweep; `total` stays that of the first. */
export function addProgress(a: Progress, b: Progress, goal: Objective['goal']): Progress {
  const best = b.best && isBetter(goal, b.best.objective, a.best?.objective) ? b.best : a.best;
  return {
    total: a.total,
    completed: a.completed + b.completed,
    cached: a.cached + b.cached,
    diverged: a.diverged + b.diverged,
    failed: a.failed + b.failed,
    stopped: a.stopped + b.stopped,
    ...(best && { best }),
  };
}

/** So many trials were left at a rung for good. */
export function withStopped(progress: Progress, count: number): Progress {
  return { ...progress, completed: progress.completed + count, stopped: progress.stopped + count };
}

/** '8/42 trials · 2 cached · 0 diverged · 0 failed' */
export function summaryOf({ total, completed, cached, diverged, failed, stopped }: Progress): string {
  return [
    `${completed + failed}/${total} trials`,
    `${cached} cached`,
    `${diverged} diverged`,
    `${failed} failed`,
    ...(stopped > 0 ? [`${stopped} stopped`] : []),
  ].join(' · ');
}
