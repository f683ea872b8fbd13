/** Activities of the sweep queue: short, no TensorFlow. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { AdaptiveState, RecordEntry } from '../core/adaptive.ts';
import type { Control } from '../core/control.ts';
import { Refused } from '../core/errors.ts';
import { countWithin, trialAt } from '../core/plan.ts';
import { failedOutcome, outcomeOf, type Progress } from '../core/progress.ts';
import type { LaneOutcome, Origin, ReportProgress, TrialFailure } from '../core/results.ts';
import type { SweepSpec, TrialSpec } from '../core/spec.ts';
import { OtherDecisions, writeDecisions } from '../store/decisions.ts';
import type { Store } from '../store/index.ts';
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
import type { ReportWriters } from './report-process.ts';
import { resumeAdaptive } from './resume.ts';

/** `originOf`: what trains a trial, where networks are trained by this, or by what is here. */
export interface BookkeepingDependencies {
  store: Store;
  originOf(this: void, trial: TrialSpec, networks?: Origin): Origin;
  reports: ReportWriters;
}

export interface FindRequest {
  sweepId: string;
  spec: SweepSpec;
  from: number;
  to: number;
  /** Whether other sweeps of the runs folder are looked at too. */
  cache: boolean;
  /** What trains the sweep's trials; left out: what trains them here. */
  origin?: Origin;
  /** Trials that failed are tried again; else they have an outcome. */
  again: boolean;
}

/** Entries of the record of an adaptive sweep; `from` is the number of the first. */
export interface DecisionsRequest {
  sweepId: string;
  from: number;
  entries: RecordEntry[];
}

/** `fresh`: what the record says is void. */
export interface ResumeRequest {
  sweepId: string;
  spec: SweepSpec;
  fresh?: boolean;
}

/** `whole`: the sweep has trained all that it may. */
export interface FinishRequest {
  sweepId: string;
  outcome: SweepOutcome;
  whole: boolean;
}

/** Trials are looked up this many at a time. */
const LOOK_UPS = 32;

type Stores = Pick<BookkeepingDependencies, 'store' | 'originOf'>;

/** What has become of a trial, here or in one of the other sweeps; undefined: it is to be trained. */
async function lookUp(
  { store, originOf }: Stores,
  { sweepId, spec, origin, cache, again }: FindRequest,
  index: number,
  sweeps: readonly string[],
): Promise<LaneOutcome | undefined> {
  const { trialId, trial } = trialAt(spec, index);
  const result =
    (await readResult(store, sweepId, trialId)) ??
    (cache ? await adoptTrial(store, sweepId, trialId, originOf(trial, origin), sweeps) : undefined);
  if (result !== undefined)
    return (await isSampled(store, sweepId, result, spec.sampling))
      ? outcomeOf(result, spec.objective.metric, true)
      : undefined;
  if (again) await clearFailure(store, sweepId, trialId);
  else if ((await readFailure(store, sweepId, trialId)) !== undefined) return failedOutcome(trialId);
  return undefined;
}

async function findFinished(stores: Stores, request: FindRequest): Promise<[index: number, outcome: LaneOutcome][]> {
  const { from, to, cache } = request;
  const sweeps = cache ? await listSweeps(stores.store) : [];
  const found: [number, LaneOutcome][] = [];
  for (let start = from; start < to; start += LOOK_UPS) {
    const indexes = Array.from({ length: Math.min(LOOK_UPS, to - start) }, (_, i) => start + i);
    const outcomes = await Promise.all(indexes.map((index) => lookUp(stores, request, index, sweeps)));
    for (const [i, outcome] of outcomes.entries()) if (outcome) found.push([start + i, outcome]);
    Context.current().heartbeat(start);
  }
  return found;
}

/** How many trials have nothing to show; those that have ended keep nothing that a kill has left. */
async function countLost(store: Store, sweepId: string): Promise<number> {
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

export function createBookkeepingActivities({ store, originOf, reports }: BookkeepingDependencies) {
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
    findFinished: (request: FindRequest) => findFinished({ store, originOf }, request),

    async recordFailure({ sweepId, failure }: { sweepId: string; failure: TrialFailure }): Promise<void> {
      await writeFailure(store, sweepId, failure);
    },

    /** Keeps what people have set, so that it is known without a server and to a later start. */
    async recordControl({ sweepId, control }: { sweepId: string; control: Control }): Promise<void> {
      await writeControl(store, sweepId, control);
    },

    /** Adds entries to the record of an adaptive sweep. */
    async recordDecisions({ sweepId, from, entries }: DecisionsRequest): Promise<void> {
      try {
        await writeDecisions(store, sweepId, from, entries);
      } catch (error) {
        if (error instanceof OtherDecisions) throw ApplicationFailure.nonRetryable(error.message, 'OtherDecisions');
        throw error;
      }
    },

    /** Where the record of an adaptive sweep leads to. */
    async resumeAdaptive({
      sweepId,
      spec,
      fresh = false,
    }: ResumeRequest): Promise<{ state: AdaptiveState; progress: Progress }> {
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
     * Writes how the sweep ended, and its report. Results of a whole one may have gone again, with a folder that
     * somebody deleted: it writes nothing, and says how many. A sweep ends without its report where data of it is
     * damaged that no training makes again.
     */
    async finish({ sweepId, outcome, whole }: FinishRequest): Promise<{ lost: number }> {
      await clearAbandoned(store, sweepId);
      const lost = whole ? await countLost(store, sweepId) : 0;
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

export type BookkeepingActivities = ReturnType<typeof createBookkeepingActivities>;
