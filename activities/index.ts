/** What workflows may do to the world. Every activity may run more than once; each is safe to repeat. */
import { activityInfo, Context, ApplicationFailure } from '@temporalio/activity';
import { trialAt } from '../core/plan.ts';
import { outcomeOf } from '../core/progress.ts';
import type { LaneOutcome, TrainJob, TrialFailure } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { adoptTrial, isSampled, writeFailure, writeOutcome, type SweepOutcome } from '../store/runs.ts';
import { TrainerStopped, TrainingImpossible, type TrainerPool } from './trainer-pool.ts';

export interface TrainingDependencies { store: Store; trainers: TrainerPool; worker: string }
export interface BookkeepingDependencies { store: Store; backendName: string }

/** Activities of the train queues. */
export function createTrainingActivities({ store, trainers, worker }: TrainingDependencies) {
  return {
    /** Trains the job's lanes to its step. Heartbeats only while the trainer makes progress. */
    async train(job: TrainJob): Promise<LaneOutcome[]> {
      const context = Context.current();
      const { attempt, activityId, workflowExecution } = activityInfo();
      try {
        return await trainers.run(
          { job, store: store.url, attempt: `${workflowExecution?.runId.slice(0, 8) ?? ''}-${activityId}-${attempt}`, attemptNumber: attempt, worker },
          { signal: context.cancellationSignal, onProgress: (progress) => context.heartbeat(progress) },
        );
      } catch (error) {
        if (error instanceof TrainingImpossible) throw ApplicationFailure.nonRetryable(error.message, 'TrainingImpossible');
        if (error instanceof TrainerStopped) {
          if (context.cancellationDetails?.cancelRequested) await context.cancelled; // rejects with the cancellation
          throw ApplicationFailure.retryable('the worker is shutting down; the checkpoint is saved', 'WorkerShutdown');
        }
        throw error;
      }
    },
  };
}

/** Activities of the sweep queue: short, no TensorFlow. */
export function createBookkeepingActivities({ store, backendName }: BookkeepingDependencies) {
  return {
    /** Which trials of [from, to) have a result already, here or in another sweep of the runs folder. */
    async findFinished({ sweepId, spec, from, to }: { sweepId: string; spec: SweepSpec; from: number; to: number }): Promise<[index: number, outcome: LaneOutcome][]> {
      const found: [number, LaneOutcome][] = [];
      for (let index = from; index < to; index++) {
        const { trialId } = trialAt(spec, index);
        const result = await adoptTrial(store, sweepId, trialId, backendName);
        if (result === undefined || !(await isSampled(store, sweepId, trialId, spec.sampling))) continue;
        found.push([index, outcomeOf(result, spec.objective.metric, true)]);
        Context.current().heartbeat(index);
      }
      return found;
    },

    async recordFailure({ sweepId, failure }: { sweepId: string; failure: TrialFailure }): Promise<void> {
      await writeFailure(store, sweepId, failure);
    },

    /** Writes how the sweep ended, and its report. */
    async finish({ sweepId, outcome }: { sweepId: string; outcome: SweepOutcome }): Promise<void> {
      const { writeReport } = await import('../reports/report.ts'); // with all that draws: a second that a worker need not start with
      await writeReport(store, sweepId);
      await writeOutcome(store, sweepId, outcome);
    },
  };
}

export type TrainingActivities = ReturnType<typeof createTrainingActivities>;
export type BookkeepingActivities = ReturnType<typeof createBookkeepingActivities>;
