/** Activities of the train queues. */
import { activityInfo, ApplicationFailure, Context } from '@temporalio/activity';
import { OTHER_SCIENCE, type JobProgress, type LaneOutcome, type TrainJob } from '../core/results.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { Store } from '../store/index.ts';
import { OtherCode } from '../trainer/code-guard.ts';
import { ComputingFailed, OtherScience } from '../trainer/failures.ts';
import type { PackQuestion } from '../trainer/messages.ts';
import { TrainerStopped, TrainingImpossible, type TrainerPool } from '../trainer/pool.ts';
import { beginningOf, excused, furthestOf, whyGivenUp, whyHopeless, type Heartbeat } from './attempts.ts';

export interface TrainingDependencies {
  store: Store;
  trainers: TrainerPool;
  worker: string;
  /** False: it runs no programs of sweeps. Left out: it does. */
  foreignCode?: boolean | undefined;
}

/** What a trainer's end means to Temporal; `onFailure` may have more to say of one that may be tried again. */
async function explain<T>(
  context: Context,
  work: Promise<T>,
  onFailure: (error: Error) => void = () => {},
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TrainingImpossible) throw ApplicationFailure.nonRetryable(error.message, 'TrainingImpossible');
    if (error instanceof TrainerStopped) {
      if (context.cancellationDetails?.cancelRequested) await context.cancelled; // rejects with the cancellation
      throw ApplicationFailure.retryable('the worker is shutting down; the checkpoint is saved', 'WorkerShutdown');
    }
    onFailure(error as Error);
    throw error;
  }
}

/**
 * A job of before an upgrade is its workflow's to make anew, which the new worker has taken over as well; one of after
 * it waits for a worker that is upgraded too.
 */
function ofOtherScience({ message }: OtherScience, job: number): ApplicationFailure {
  return job < SCIENCE_VERSION
    ? ApplicationFailure.nonRetryable(message, OTHER_SCIENCE)
    : ApplicationFailure.retryable(message, OTHER_SCIENCE);
}

function giveUp(why: string | undefined, last: string): void {
  if (why !== undefined) throw ApplicationFailure.nonRetryable(`${last}; ${why}`, 'GivenUp');
}

/** An attempt at a job, with what is known of those before it: it beats, and knows when to give up. */
function attemptAt(job: TrainJob, worker: string, context: Context) {
  const { attempt, heartbeatDetails } = activityInfo();
  let { furthest, failed, ...progress } = (heartbeatDetails ?? beginningOf(job, worker)) as Heartbeat;
  function beat(): void {
    const known = { ...(furthest && { furthest }), ...(failed && { failed }) };
    context.heartbeat({ ...progress, ...known } satisfies Heartbeat);
  }
  giveUp(whyGivenUp(furthest, attempt - 1), 'the worker was gone, or its trainer stood still');
  return {
    beat,
    /** Another worker may take it: for this one it was no attempt. */
    leave(why: string, type: string): never {
      furthest = excused(furthest, attempt);
      beat();
      throw ApplicationFailure.retryable(why, type);
    },
    onProgress(reached: JobProgress): void {
      progress = reached;
      furthest = furthestOf(furthest, reached, attempt);
      beat();
    },
    onFailure(error: Error): void {
      if (error instanceof OtherCode || error instanceof OtherScience) furthest = excused(furthest, attempt);
      else giveUp(whyGivenUp(furthest, attempt), error.message);
      if (error instanceof ComputingFailed) {
        const here = { message: error.message, trialId: progress.trialId, step: progress.step };
        giveUp(whyHopeless(failed, here), error.message);
        failed = here;
      }
      beat();
      if (error instanceof OtherScience) throw ofOtherScience(error, job.science);
    },
  };
}

export function createTrainingActivities({ store, trainers, worker, foreignCode = true }: TrainingDependencies) {
  return {
    /** Trains the job's lanes to its step. Heartbeats only while the trainer makes progress, or computes. */
    async train(job: TrainJob): Promise<LaneOutcome[]> {
      const context = Context.current();
      const { attempt: attemptNumber, activityId, workflowExecution } = activityInfo();
      const { beat, leave, onProgress, onFailure } = attemptAt(job, worker, context);
      if (!foreignCode && job.lanes.some(({ trial }) => trial.program !== undefined))
        leave(`the worker ${worker} runs no programs (--no-foreign-code)`, 'ForeignCode');
      const attempt = `${workflowExecution?.runId.slice(0, 8) ?? ''}-${activityId}-${attemptNumber}`;
      return explain(
        context,
        trainers.run(
          { job, store: store.url, attempt, attemptNumber, worker },
          { signal: context.cancellationSignal, onProgress, onAlive: beat },
        ),
        onFailure,
      );
    },

    /** How many trials of a program this machine should train side by side: known, or measured now. */
    async packSize(question: PackQuestion): Promise<number> {
      const context = Context.current();
      return explain(
        context,
        trainers.packSize(
          { question, store: store.url },
          { signal: context.cancellationSignal, onTurn: () => context.heartbeat() },
        ),
      );
    },
  };
}

export type TrainingActivities = ReturnType<typeof createTrainingActivities>;
