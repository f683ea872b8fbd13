/** The activities as workflows call them. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  patched,
  proxyActivities,
  rootCause,
  sleep,
} from '@temporalio/workflow';
import type { BookkeepingActivities, TrainingActivities } from '../activities/index.ts';
import { isAdaptive, type PlannedTrial } from '../core/plan.ts';
import { failedOutcome } from '../core/progress.ts';
import { OTHER_SCIENCE, type LaneOutcome } from '../core/results.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { JobSetting } from './messages.ts';

export const bookkeeping = proxyActivities<BookkeepingActivities>({
  startToCloseTimeout: '1 day', // of a very large report; what does not beat is given up after the next
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Trials of one program, of which it is to be found out how many a job should carry: so many at most. */
export interface Question {
  group: PlannedTrial[];
  most: number;
  priority: number;
}

/**
 * Asks the trainers. A question that they cannot answer is answered with 1: packs are never needed. Rejects if it was
 * cancelled.
 */
export function packSizer({ sweepId, trainQueue }: JobSetting): (question: Question) => Promise<number> {
  const { packSize } = proxyActivities<TrainingActivities>({
    taskQueue: trainQueue,
    startToCloseTimeout: '12 hours', // steps may be long, and to record the first takes longest
    heartbeatTimeout: '30 seconds',
    retry: { initialInterval: '1 second', maximumAttempts: 3 },
  });
  return async function ask({ group, most, priority }): Promise<number> {
    const [first] = group;
    if (first === undefined) return 1;
    const steps = group.reduce((sum, { trial }) => sum + trial.training.maxSteps, 0);
    const summary = `how many to train side by side: ${first.label} and ${group.length - 1} more`;
    try {
      return await packSize.executeWithOptions({ summary, priority: { priorityKey: priority } }, [
        { sweepId, example: first.trial, most, steps },
      ]);
    } catch (error) {
      if (
        isCancellation(error) ||
        CancellationScope.current().consideredCancelled ||
        !(error instanceof ActivityFailure)
      )
        throw error;
      return 1;
    }
  };
}

/** Lanes to train together up to a step. `priority`: Temporal's, 1 to 5; the lowest number starts first. */
export interface Job {
  lanes: PlannedTrial[];
  toStep: number;
  priority: number;
  rung?: number;
}

/** Lane by lane, so that a pack takes no more slots than its own. */
async function apart(
  lanes: readonly PlannedTrial[],
  run: (lane: PlannedTrial) => Promise<LaneOutcome[]>,
): Promise<LaneOutcome[]> {
  if (!patched('lanes one after the other')) return (await Promise.all(lanes.map(run))).flat();
  const outcomes: LaneOutcome[] = [];
  for (const lane of lanes) outcomes.push(...(await run(lane)));
  return outcomes;
}

/**
 * Before a job of an older version of the science is made anew: while other workers still run workflows of that
 * version, one may make it again.
 */
const UPGRADING = '10 seconds';

const isOfOtherScience = ({ cause }: ActivityFailure): boolean =>
  cause instanceof ApplicationFailure && cause.type === OTHER_SCIENCE;

/**
 * Trains jobs; one that fails for good is recorded as failed trials. Rejects if it was cancelled before it was done.
 * Jobs are of the science that this code is of, as the trials' ids are: after an upgrade the sweep goes on with the new
 * one.
 */
export function trainer({ sweepId, spec, trainQueue, cache }: JobSetting): (job: Job) => Promise<LaneOutcome[]> {
  const { train } = proxyActivities<TrainingActivities>({
    taskQueue: trainQueue,
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '30 seconds', // beats come only while the trainer makes progress, or computes
    cancellationType: 'WAIT_CANCELLATION_COMPLETED', // a cancelled trial saves its checkpoint first
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' }, // the activity knows when it is given up
  });
  const common = {
    sweepId,
    science: SCIENCE_VERSION,
    objective: spec.objective.metric,
    ...(spec.sampling && { sampling: spec.sampling }),
    ...(cache && isAdaptive(spec) && { adopt: true }), // else the plan is known, and was looked up whole
  };
  return async function run({ lanes, toStep, priority, rung = 0 }): Promise<LaneOutcome[]> {
    const others = lanes.length > 1 ? ` and ${lanes.length - 1} more` : '';
    const summary = `${lanes[0]?.label ?? ''}${others}, ${rung > 0 ? 'to step ' : 'steps 0–'}${toStep}`;
    const job = {
      ...common,
      toStep,
      lanes: lanes.map(({ index, repeat, label, trialId, trial }) => ({ index, repeat, label, trialId, trial })),
    };
    try {
      return await train.executeWithOptions({ summary, priority: { priorityKey: priority } }, [job]);
    } catch (error) {
      // A worker that is gone cannot say that it was cancelled: the job times out instead.
      if (
        isCancellation(error) ||
        CancellationScope.current().consideredCancelled ||
        !(error instanceof ActivityFailure)
      )
        throw error;
      if (isOfOtherScience(error)) {
        await sleep(UPGRADING);
        return run({ lanes, toStep, priority, rung });
      }
      // What is wrong with one trial must not be the end of those that it was trained with.
      if (lanes.length > 1) return apart(lanes, (lane) => run({ lanes: [lane], toStep, priority, rung }));
      const message = rootCause(error) ?? error.message;
      return Promise.all(
        lanes.map(async ({ trialId, trial }): Promise<LaneOutcome> => {
          await bookkeeping.recordFailure({
            sweepId,
            failure: { trialId, trial, message, at: new Date().toISOString() },
          });
          return failedOutcome(trialId);
        }),
      );
    }
  };
}
