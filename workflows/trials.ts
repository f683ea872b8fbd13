/** Runs trials [from, to) as jobs, at most a window of them at a time. */
import { ActivityFailure, isCancellation, proxyActivities, rootCause } from '@temporalio/workflow';
import type { BookkeepingActivities, TrainingActivities } from '../activities/index.ts';
import { trialAt, type PlannedTrial } from '../core/plan.ts';
import type { LaneOutcome } from '../core/results.ts';
import { WINDOW, type ShardInput } from './messages.ts';

export const bookkeeping = proxyActivities<BookkeepingActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Temporal's priorities, 1 to 5: of what is queued, what the plan has first starts first, roughly. */
const priorityOf = (index: number, from: number, to: number) => ({ priorityKey: 1 + Math.floor((5 * (index - from)) / (to - from)) });

/** Calls `done` for every trial, finished ones first, the others in the order in which they end. */
export async function runTrials({ sweepId, spec, science, trainQueue, from, to }: ShardInput, done: (trial: PlannedTrial, outcome: LaneOutcome) => void): Promise<void> {
  const finished = new Map(await bookkeeping.findFinished({ sweepId, spec, from, to }));
  const waiting: PlannedTrial[] = [];
  for (let index = from; index < to; index++) {
    const trial = trialAt(spec, index);
    const outcome = finished.get(index);
    if (outcome) done(trial, outcome);
    else waiting.push(trial);
  }

  const { train } = proxyActivities<TrainingActivities>({
    taskQueue: trainQueue,
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '30 seconds', // beats come only while the trainer makes progress
    cancellationType: 'WAIT_CANCELLATION_COMPLETED', // a cancelled trial saves its checkpoint first
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 20 },
  });

  async function run(trial: PlannedTrial): Promise<LaneOutcome> {
    const { index, repeat, label, trialId } = trial;
    const toStep = trial.trial.training.maxSteps;
    const lanes = [{ index, repeat, label, trialId, trial: trial.trial }];
    const job = { sweepId, science, toStep, lanes, objective: spec.objective.metric, ...(spec.sampling && { sampling: spec.sampling }) };
    try {
      const [outcome] = await train.executeWithOptions({ summary: `${label}, steps 0–${toStep}`, priority: priorityOf(index, from, to) }, [job]);
      if (outcome === undefined) throw new Error(`the job of ${label} answered for no trial`);
      return outcome;
    } catch (error) {
      if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
      const message = rootCause(error) ?? error.message;
      await bookkeeping.recordFailure({ sweepId, failure: { trialId, trial: trial.trial, message, at: new Date().toISOString() } });
      return { trialId, status: 'failed', steps: 0, objective: null, cached: false };
    }
  }

  const queue = waiting.values();
  const slots = Math.min(spec.budget.maxConcurrent ?? WINDOW, WINDOW, waiting.length);
  await Promise.all(Array.from({ length: slots }, async () => {
    for (const trial of queue) done(trial, await run(trial));
  }));
}
