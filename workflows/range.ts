/** Trials [from, to) of a plan that is known from the spec alone: looked up, and the missing ones trained. */
import { patched } from '@temporalio/workflow';
import { MOST_LANES, packLimit, packsOf } from '../core/packs.ts';
import { largest, paceOf, weigh, type Pace, type Weighed } from '../core/pace.ts';
import { trialAt, type PlannedTrial } from '../core/plan.ts';
import { emptyProgress, withOutcome, type Progress } from '../core/progress.ts';
import { bookkeeping, packSizer, trainer, type Job, type Question } from './activities.ts';
import { dispatcher, type Dispatcher } from './dispatch.ts';
import type { JobSetting } from './messages.ts';

export interface Range extends JobSetting {
  from: number;
  to: number;
  /** Trials of the sweep, if these are all that are to be run. */
  total?: number;
  slots: number;
  /**
   * A run before this one found so many cached; left out: this is the first, and trials that failed are tried again.
   */
  cached?: number | undefined;
  onProgress?(): void;
  /** All is begun: so many jobs are not done. */
  onShort?(left: number): void;
}

export interface RangeRun extends Dispatcher {
  progress(): Progress;
}

/** What is first in the plan starts first, roughly. */
const priorityOf = (index: number, from: number, to: number) => 1 + Math.floor((5 * (index - from)) / (to - from));

type Work = Job | Question;

const trialsOf = (work: Work): readonly PlannedTrial[] => ('group' in work ? work.group : work.lanes);
const placeOf = (work: Work): number => trialsOf(work)[0]?.index ?? 0;

/** Trials of one program as jobs of at most so many. */
function jobsOf(trials: readonly PlannedTrial[], most: number, { from, to }: Range): Job[] {
  return packsOf(trials, most).map((lanes) => ({
    lanes,
    toStep: Math.max(...lanes.map(({ trial }) => trial.training.maxSteps)),
    priority: priorityOf(lanes[0]?.index ?? from, from, to),
  }));
}

/**
 * Waiting trials in the plan's order: as jobs of those that one program serves together, but so few that every slot has
 * a job and another one waiting; or, if the trainers are to say how many, as questions to them.
 */
function workOf(waiting: readonly PlannedTrial[], given: Range): Work[] {
  const { from, to, ahead, lanes = 1 } = given;
  const most = packLimit(waiting.length, ahead, lanes === 'measured' ? MOST_LANES : lanes);
  if (lanes !== 'measured' || most === 1) return jobsOf(waiting, most, given);
  return packsOf(waiting)
    .map((group): Work[] =>
      group.length === 1
        ? jobsOf(group, 1, given)
        : [{ group, most: Math.min(most, group.length), priority: priorityOf(group[0]?.index ?? from, from, to) }],
    )
    .flat();
}

/**
 * Takes what takes longest; of a question, the largest job that may come of it. Its priority, by which workers choose
 * among the jobs that are there, says how long its trials take beside the longest: 1, as long, to 5, a fifth of it or
 * less.
 */
function longestFirst(pace: Pace) {
  const weighed = new Map<Work, Weighed[]>();
  function weightsOf(work: Work): Weighed[] {
    const known = weighed.get(work) ?? trialsOf(work).map(({ trial }) => weigh(trial));
    weighed.set(work, known);
    return known;
  }
  const longestOf = (trials: readonly Weighed[]) => trials[largest(trials, (trial) => pace.of([trial]))];
  let longest: Weighed | undefined;
  return function take(waiting: Work[]): Work | undefined {
    const place = largest(waiting, (work) => pace.of(weightsOf(work).slice(0, 'group' in work ? work.most : Infinity)));
    const [work] = place < 0 ? [] : waiting.splice(place, 1);
    const own = work && longestOf(weightsOf(work));
    if (work === undefined || own === undefined) return undefined;
    weighed.delete(work);
    longest = longestOf(longest === undefined ? [own] : [longest, own]) ?? own;
    return { ...work, priority: 1 + Math.min(4, Math.floor(5 * (1 - pace.of([own]) / pace.of([longest])))) };
  };
}

export function range(given: Range): RangeRun {
  const { sweepId, spec, origin, cache, from, to, total = to - from, cached, onProgress = () => {}, onShort } = given;
  const { goal } = spec.objective;
  const train = trainer(given);
  let progress = emptyProgress(total);
  const ask = packSizer(given);
  let waiting: Work[] = []; // in the plan's order
  let asking = 0; // questions on their way
  const pace = paceOf();
  const takeLongest = longestFirst(pace);
  let take = (): Work | undefined => waiting.shift();

  async function learn(question: Question): Promise<void> {
    asking++;
    try {
      const jobs = jobsOf(question.group, await ask(question), given);
      waiting = [...waiting, ...jobs].sort((a, b) => placeOf(a) - placeOf(b));
    } finally {
      asking--;
    }
  }
  async function execute(job: Job): Promise<void> {
    const began = Date.now(); // the workflow's clock, which a replay reads alike
    const outcomes = await train(job);
    const steps = outcomes.reduce((sum, outcome) => sum + outcome.steps, 0);
    if (job.lanes[0]) pace.learn(weigh(job.lanes[0].trial), steps, Date.now() - began);
    for (const [i, outcome] of outcomes.entries())
      progress = withOutcome(progress, outcome, job.lanes[i]?.label ?? '', goal);
    onProgress();
  }

  const dispatch = dispatcher<Work>(given, {
    take: () => take(),
    run: (work) => ('group' in work ? learn(work) : execute(work)),
    ...(onShort && {
      onShort: (left: number) => {
        if (asking === 0) onShort(left);
      },
    }), // an answer brings jobs
  });

  return {
    ...dispatch,
    progress: () => progress,
    async drive() {
      const finished = new Map(
        await bookkeeping.findFinished({
          sweepId,
          spec,
          ...(origin && { origin }),
          from,
          to,
          cache,
          again: cached === undefined,
        }),
      );
      const trials: PlannedTrial[] = [];
      for (let index = from; index < to; index++) {
        const trial = trialAt(spec, index);
        const outcome = finished.get(index);
        if (outcome) progress = withOutcome(progress, outcome, trial.label, goal);
        else trials.push(trial);
      }
      if (cached !== undefined) progress = { ...progress, cached };
      onProgress();
      waiting = workOf(trials, given);
      if (patched('longest first')) take = () => takeLongest(waiting);
      return dispatch.drive();
    },
  };
}
