/** Trials [from, to) of a plan that is known from the spec alone: looked up, and the missing ones trained. */
import { packLimit, packsOf } from '../core/packs.ts';
import { trialAt, type PlannedTrial } from '../core/plan.ts';
import { emptyProgress, withOutcome, type Progress } from '../core/progress.ts';
import { bookkeeping, trainer, type Job } from './activities.ts';
import { dispatcher, type Dispatcher } from './dispatch.ts';
import type { JobSetting } from './messages.ts';

export interface Range extends JobSetting {
  from: number;
  to: number;
  /** Trials of the sweep, if these are all that are to be run. */
  total?: number;
  slots: number;
  /** A run before this one found so many cached; left out: this is the first, and trials that failed are tried again. */
  cached?: number | undefined;
  onProgress?(): void;
  /** All is begun: so many jobs are not done. */
  onShort?(left: number): void;
}

export interface RangeRun extends Dispatcher { progress(): Progress }

/** What is first in the plan starts first, roughly. */
const priorityOf = (index: number, from: number, to: number) => 1 + Math.floor((5 * (index - from)) / (to - from));

/**
 * Waiting trials as jobs, in the plan's order: those that one program serves together, but so few that every slot has a job and
 * another one waiting. How many of a job's trials are trained side by side is for the machine to say that does it.
 */
function jobsOf(waiting: readonly PlannedTrial[], { from, to, ahead, lanes: most = 1 }: Range): Job[] {
  return packsOf(waiting, packLimit(waiting.length, ahead, most)).map((lanes) => ({
    lanes,
    toStep: Math.max(...lanes.map(({ trial }) => trial.training.maxSteps)),
    priority: priorityOf(lanes[0]?.index ?? from, from, to),
  }));
}

export function range(given: Range): RangeRun {
  const { sweepId, spec, cache, from, to, total = to - from, cached, onProgress = () => {}, onShort } = given;
  const { goal } = spec.objective;
  const train = trainer(given);
  let progress = emptyProgress(total);
  let jobs: IterableIterator<Job> = [].values();

  const dispatch = dispatcher<Job>(given, {
    take: () => jobs.next().value as Job | undefined,
    async run(job) {
      const outcomes = await train(job);
      for (const [i, outcome] of outcomes.entries()) progress = withOutcome(progress, outcome, job.lanes[i]?.label ?? '', goal);
      onProgress();
    },
    ...(onShort && { onShort }),
  });

  return {
    ...dispatch,
    progress: () => progress,
    async drive() {
      const finished = new Map(await bookkeeping.findFinished({ sweepId, spec, from, to, cache, again: cached === undefined }));
      const waiting: PlannedTrial[] = [];
      for (let index = from; index < to; index++) {
        const trial = trialAt(spec, index);
        const outcome = finished.get(index);
        if (outcome) progress = withOutcome(progress, outcome, trial.label, goal);
        else waiting.push(trial);
      }
      if (cached !== undefined) progress = { ...progress, cached };
      onProgress();
      jobs = jobsOf(waiting, given).values();
      return dispatch.drive();
    },
  };
}
