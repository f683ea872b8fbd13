/** What each scheduler would make of a sweep, in virtual time. Trains and starts nothing. */
import { clean } from '../core/clean.ts';
import { UserError } from '../core/errors.ts';
import { countTrials, plannedTrials } from '../core/plan.ts';
import { schedulers, settingOf, type Scheduler, type SchedulerName } from '../core/schedulers/index.ts';
import { searchOf } from '../core/search/index.ts';
import { recordedCurves, type Curves, type RecordedTrial } from '../core/simulate/curves.ts';
import { simulate, type Simulated } from '../core/simulate/index.ts';
import { syntheticCurves } from '../core/simulate/synthetic.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { readCurve, readFailure, readResult, readTiming } from '../store/runs.ts';
import { didYouMean, listOf } from '../sweep-file/problem.ts';
import { findSweep } from './find-sweep.ts';

export interface SimulateRequest {
  spec: SweepSpec;
  /** The file that it is of, for what is said of it. */
  file: string;
  /** Trials in training at a time. */
  workers: number;
  /** Left out: all. */
  schedulers?: readonly string[] | undefined;
  /** Where runs live, and which of them has the curves of the spec's own trials; left out: made-up power laws. */
  recorded?: { store: Store; sweep: string };
}

export interface SimulatedScheduler extends Simulated {
  scheduler: string;
  options: Record<string, number>;
  /** Steps, of those that all trials to their end would take. */
  share: number;
  /** How far the best that was found is from the best there is; null: nothing was found. */
  regret: number | null;
}

export interface Simulation {
  /** Where the learning curves are from. */
  curves: string;
  rows: SimulatedScheduler[];
}

export async function simulateSweep(request: SimulateRequest): Promise<Simulation> {
  const { spec, file, workers, recorded } = request;
  const names = schedulerNames(request.schedulers);
  const curves = recorded === undefined ? syntheticCurves(spec) : await curvesOf(spec, file, recorded);
  const chosen = names.filter((name) => schedulers[name].wholeTrials || spec.space['training.maxSteps'] === undefined);
  if (chosen.length === 0)
    throw new UserError(
      `${file}: space["training.maxSteps"]: cannot be swept with the scheduler ${listOf(names)}; allowed: full`,
      2,
    );
  return { curves: curves.source, rows: chosen.map((name) => simulated(spec, name, curves, workers)) };
}

function schedulerNames(wanted: readonly string[] = Object.keys(schedulers)): SchedulerName[] {
  const known = Object.keys(schedulers);
  for (const name of wanted) {
    if (!Object.hasOwn(schedulers, name))
      throw new UserError(`--scheduler ${clean(name)}: allowed: ${listOf(known)}${didYouMean(name, known)}`, 2);
  }
  return [...new Set(wanted)] as SchedulerName[];
}

function simulated(spec: SweepSpec, name: SchedulerName, curves: Curves, workers: number): SimulatedScheduler {
  const own = settingOf(spec);
  const setting = name === spec.scheduler.name ? own : { ...own, options: {} };
  const outcome = simulate(spec, { scheduler: schedulers[name] as Scheduler, setting, curves, workers });
  const { best, found, steps, fullSteps } = outcome;
  const regret = best === undefined || found === undefined ? null : Math.abs(best.value - found.value);
  return {
    scheduler: name,
    options: setting.options,
    share: fullSteps === 0 ? 1 : steps / fullSteps,
    regret,
    ...outcome,
  };
}

/**
 * The recorded curves of the spec's own trials, found by their ids: the sweep they are of may have another scheduler or
 * name.
 */
async function curvesOf(
  spec: SweepSpec,
  file: string,
  { store, sweep: given }: { store: Store; sweep: string },
): Promise<Curves> {
  if (searchOf(spec).suggest !== undefined) {
    throw new UserError(
      `--curves: the search "${spec.search.name}" goes where nothing was recorded; leave --curves out, or try another search`,
      2,
    );
  }
  const sweepId = await findSweep(store, given);
  const total = countTrials(spec);
  const recorded: RecordedTrial[] = [];
  let missing: string | undefined;
  for (const { index, trialId, label } of plannedTrials(spec)) {
    const found = await recordedTrial(store, sweepId, trialId);
    if (found === undefined) missing ??= label;
    else recorded[index] = found;
  }
  if (missing !== undefined) {
    const lacking = total - Object.keys(recorded).length;
    throw new UserError(
      `--curves ${given}: has no result of ${trials(lacking)} of the ${total.toLocaleString('en-US')} in ${file}, such as "${missing}"; ` +
        'needed: a sweep in which all of them were trained to their end',
      2,
    );
  }
  inAverageSteps(recorded);
  const find = (configuration: number, repeat: number) =>
    recorded[configuration * spec.repeats + repeat] as RecordedTrial;
  return recordedCurves(find, spec.objective.metric, `recorded by ${sweepId}`);
}

const trials = (n: number): string => (n === 1 ? '1 trial' : `${n.toLocaleString('en-US')} trials`);

async function recordedTrial(store: Store, sweepId: string, trialId: string): Promise<RecordedTrial | undefined> {
  const result = await readResult(store, sweepId, trialId);
  if (result === undefined)
    return (await readFailure(store, sweepId, trialId)) && { status: 'failed', steps: 0, curve: [] };
  const timing = await readTiming(store, sweepId, trialId);
  const curve = (await readCurve(store, sweepId, trialId)) ?? [];
  return {
    status: result.status,
    steps: result.steps,
    curve,
    ...(timing && result.steps > 0 && { stepTime: timing.seconds / result.steps }),
  };
}

/** Seconds a step -> the time of an average step. */
function inAverageSteps(trials: readonly RecordedTrial[]): void {
  const times = trials.flatMap(({ stepTime }) => stepTime ?? []);
  const mean = times.reduce((sum, time) => sum + time / times.length, 0);
  for (const trial of trials) if (trial.stepTime !== undefined) trial.stepTime /= mean;
}
