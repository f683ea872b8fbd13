/** What workflows may do to the world. Every activity may run more than once; each is safe to repeat. */
import { activityInfo, Context, ApplicationFailure } from '@temporalio/activity';
import type { AdaptiveState, RecordEntry } from '../core/adaptive.ts';
import type { Control } from '../core/control.ts';
import { Refused } from '../core/errors.ts';
import { countWithin, trialAt } from '../core/plan.ts';
import { failedOutcome, outcomeOf, type Progress } from '../core/progress.ts';
import {
  OTHER_SCIENCE,
  type LaneOutcome,
  type Origin,
  type ReportProgress,
  type TrainJob,
  type TrialFailure,
} from '../core/results.ts';
import type { SweepSpec, TrialSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import type { Store } from '../store/index.ts';
import { OtherDecisions, writeDecisions } from '../store/decisions.ts';
import {
  adoptTrial,
  clearAbandoned,
  clearFailure,
  clearLeftovers,
  isSampled,
  listSweeps,
  readFailure,
  readResult,
  readSpec,
  reopenSweep,
  standingSpec,
  writeControl,
  writeFailure,
  writeOutcome,
  type SweepOutcome,
} from '../store/runs.ts';
import { storedTrials } from '../store/trials.ts';
import { beginningOf, excused, furthestOf, whyGivenUp, whyHopeless, type Heartbeat } from './attempts.ts';
import { OtherCode } from '../trainer/code-guard.ts';
import { ComputingFailed, OtherScience } from '../trainer/failures.ts';
import type { PackQuestion } from '../trainer/messages.ts';
import type { ReportWriters } from './report-process.ts';
import { resumeAdaptive } from './resume.ts';
import { TrainerStopped, TrainingImpossible, type TrainerPool } from '../trainer/pool.ts';

export interface TrainingDependencies {
  store: Store;
  trainers: TrainerPool;
  worker: string;
  /** False: it runs no programs of sweeps. Left out: it does. */
  foreignCode?: boolean | undefined;
}
/** `originOf`: what trains a trial here. */
export interface BookkeepingDependencies {
  store: Store;
  originOf(this: void, trial: TrialSpec): Origin;
  reports: ReportWriters;
}

/** Activities of the train queues. */
export function createTrainingActivities({ store, trainers, worker, foreignCode = true }: TrainingDependencies) {
  /** What a trainer's end means to Temporal; `onFailure` may have more to say of one that may be tried again. */
  async function explain<T>(
    context: Context,
    work: Promise<T>,
    onFailure: (error: Error) => void = () => {},
  ): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof TrainingImpossible)
        throw ApplicationFailure.nonRetryable(error.message, 'TrainingImpossible');
      if (error instanceof TrainerStopped) {
        if (context.cancellationDetails?.cancelRequested) await context.cancelled; // rejects with the cancellation
        throw ApplicationFailure.retryable('the worker is shutting down; the checkpoint is saved', 'WorkerShutdown');
      }
      onFailure(error as Error);
      throw error;
    }
  }

  return {
    /** Trains the job's lanes to its step. Heartbeats only while the trainer makes progress, or computes. */
    async train(job: TrainJob): Promise<LaneOutcome[]> {
      const context = Context.current();
      const { attempt, activityId, workflowExecution, heartbeatDetails } = activityInfo();
      let { furthest, failed, ...progress } = (heartbeatDetails ?? beginningOf(job, worker)) as Heartbeat;
      const beat = () =>
        context.heartbeat({
          ...progress,
          ...(furthest && { furthest }),
          ...(failed && { failed }),
        } satisfies Heartbeat);
      const giveUp = (why: string | undefined, last: string) => {
        if (why !== undefined) throw ApplicationFailure.nonRetryable(`${last}; ${why}`, 'GivenUp');
      };
      function onFailure(error: Error): void {
        if (error instanceof OtherCode || error instanceof OtherScience) furthest = excused(furthest, attempt);
        else giveUp(whyGivenUp(furthest, attempt), error.message);
        if (error instanceof ComputingFailed) {
          const here = { message: error.message, trialId: progress.trialId, step: progress.step };
          giveUp(whyHopeless(failed, here), error.message);
          failed = here;
        }
        beat();
        if (error instanceof OtherScience) throw ofOtherScience(error, job.science);
      }
      if (!foreignCode && job.lanes.some(({ trial }) => trial.program !== undefined)) {
        furthest = excused(furthest, attempt);
        beat(); // another worker may take it
        throw ApplicationFailure.retryable(`the worker ${worker} runs no programs (--no-foreign-code)`, 'ForeignCode');
      }
      giveUp(whyGivenUp(furthest, attempt - 1), 'the worker was gone, or its trainer stood still');
      return explain(
        context,
        trainers.run(
          {
            job,
            store: store.url,
            attempt: `${workflowExecution?.runId.slice(0, 8) ?? ''}-${activityId}-${attempt}`,
            attemptNumber: attempt,
            worker,
          },
          {
            signal: context.cancellationSignal,
            onProgress(reached) {
              progress = reached;
              furthest = furthestOf(furthest, reached, attempt);
              beat();
            },
            onAlive: beat,
          },
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

export interface FindRequest {
  sweepId: string;
  spec: SweepSpec;
  from: number;
  to: number;
  /** Whether other sweeps of the runs folder are looked at too. */
  cache: boolean;
  /** Trials that failed are tried again; else they have an outcome. */
  again: boolean;
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

/** Trials are looked up this many at a time. */
const LOOK_UPS = 32;

/** Activities of the sweep queue: short, no TensorFlow. */
export function createBookkeepingActivities({ store, originOf, reports }: BookkeepingDependencies) {
  async function lookUp(
    { sweepId, spec, cache, again }: FindRequest,
    index: number,
    sweeps: readonly string[],
  ): Promise<LaneOutcome | undefined> {
    const { trialId, trial } = trialAt(spec, index);
    const result =
      (await readResult(store, sweepId, trialId)) ??
      (cache ? await adoptTrial(store, sweepId, trialId, originOf(trial), sweeps) : undefined);
    if (result !== undefined)
      return (await isSampled(store, sweepId, result, spec.sampling))
        ? outcomeOf(result, spec.objective.metric, true)
        : undefined;
    if (again) await clearFailure(store, sweepId, trialId);
    else if ((await readFailure(store, sweepId, trialId)) !== undefined) return failedOutcome(trialId);
    return undefined;
  }

  /** How many trials have nothing to show; those that have ended keep nothing that a kill has left. */
  async function countLost(sweepId: string): Promise<number> {
    const spec = await readSpec(store, sweepId);
    if (spec === undefined) throw new Error(`${store.url}/${sweepId} has been deleted; start the sweep again`);
    const within = countWithin(spec);
    let lost = 0;
    const ended: string[] = [];
    const clear = () => Promise.all(ended.splice(0).map((trialId) => clearLeftovers(store, sweepId, trialId)));
    for await (const { index, trialId, found } of storedTrials(store, sweepId, spec)) {
      if (index >= within) break;
      if (found !== undefined && 'status' in found) ended.push(trialId);
      if (found === undefined) lost++;
      if (index % LOOK_UPS > 0) continue;
      await clear();
      Context.current().heartbeat({ doing: 'counting', done: index + 1, total: within } satisfies ReportProgress);
    }
    await clear();
    return lost;
  }

  return {
    /** Refuses for good a sweep that the run folder of its name is not of: whoever started it knew the name alone. */
    async admit({ sweepId, spec }: { sweepId: string; spec: SweepSpec }): Promise<void> {
      if ((await standingSpec(store, sweepId, spec)) !== undefined) return;
      throw ApplicationFailure.nonRetryable(
        `${sweepId}: the runs folder has no sweep of this id and this spec; start it with: sweep start FILE`,
        'OtherSweep',
      );
    },

    /** Which trials of [from, to) have a result already, here or in another sweep of the runs folder. */
    async findFinished(request: FindRequest): Promise<[index: number, outcome: LaneOutcome][]> {
      const { from, to, cache } = request;
      const sweeps = cache ? await listSweeps(store) : [];
      const found: [number, LaneOutcome][] = [];
      for (let start = from; start < to; start += LOOK_UPS) {
        const indexes = Array.from({ length: Math.min(LOOK_UPS, to - start) }, (_, i) => start + i);
        const outcomes = await Promise.all(indexes.map((index) => lookUp(request, index, sweeps)));
        for (const [i, outcome] of outcomes.entries()) if (outcome) found.push([start + i, outcome]);
        Context.current().heartbeat(start);
      }
      return found;
    },

    async recordFailure({ sweepId, failure }: { sweepId: string; failure: TrialFailure }): Promise<void> {
      await writeFailure(store, sweepId, failure);
    },

    /** Keeps what people have set, so that it is known without a server and to a later start. */
    async recordControl({ sweepId, control }: { sweepId: string; control: Control }): Promise<void> {
      await writeControl(store, sweepId, control);
    },

    /** Adds entries to the record of an adaptive sweep; `from` is the number of the first. */
    async recordDecisions({
      sweepId,
      from,
      entries,
    }: {
      sweepId: string;
      from: number;
      entries: RecordEntry[];
    }): Promise<void> {
      try {
        await writeDecisions(store, sweepId, from, entries);
      } catch (error) {
        if (error instanceof OtherDecisions) throw ApplicationFailure.nonRetryable(error.message, 'OtherDecisions');
        throw error;
      }
    },

    /** Where the record of an adaptive sweep leads to; `fresh`: what it says is void. */
    async resumeAdaptive({
      sweepId,
      spec,
      fresh = false,
    }: {
      sweepId: string;
      spec: SweepSpec;
      fresh?: boolean;
    }): Promise<{ state: AdaptiveState; progress: Progress }> {
      try {
        return await resumeAdaptive(store, sweepId, spec, fresh);
      } catch (error) {
        if (error instanceof Refused) throw error; // a full disk: the record is not to blame
        throw ApplicationFailure.nonRetryable(
          `${(error as Error).message}; start the sweep under another --id`,
          'RecordDoesNotFit',
        );
      }
    },

    /** Lets the sweep go on with this spec: it was extended, or what failed is tried again. */
    async reopen({ sweepId, spec }: { sweepId: string; spec: SweepSpec }): Promise<void> {
      await reopenSweep(store, sweepId, spec);
    },

    /**
     * Writes how the sweep ended, and its report. `whole`: it has trained all that it may. Results may then have gone
     * again, with a folder that somebody deleted: it writes nothing, and says how many. A sweep ends without its report
     * where data of it is damaged that no training makes again.
     */
    async finish({
      sweepId,
      outcome,
      whole,
    }: {
      sweepId: string;
      outcome: SweepOutcome;
      whole: boolean;
    }): Promise<{ lost: number }> {
      await clearAbandoned(store, sweepId);
      const lost = whole ? await countLost(sweepId) : 0;
      if (lost > 0) return { lost };
      const context = Context.current();
      const onAlive = (progress?: ReportProgress) => context.heartbeat(...(progress === undefined ? [] : [progress]));
      const unreported = await reports.write(
        { runs: store.url, sweepId, outcome },
        { signal: context.cancellationSignal, onAlive },
      );
      const message = [outcome.message, unreported].filter((one) => one !== undefined).join('; ');
      await writeOutcome(store, sweepId, { ...outcome, ...(message !== '' && { message }) });
      return { lost };
    },
  };
}

export type TrainingActivities = ReturnType<typeof createTrainingActivities>;
export type BookkeepingActivities = ReturnType<typeof createBookkeepingActivities>;
