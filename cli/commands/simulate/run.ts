/**
 * `sweep simulate`: a table of what each scheduler would make of a sweep, in virtual time. Trains and starts nothing.
 */
import { UserError } from '../../../core/errors.ts';
import { countTrials, plannedTrials } from '../../../core/plan.ts';
import { schedulers, settingOf, type Scheduler, type SchedulerName } from '../../../core/schedulers/index.ts';
import { searchOf } from '../../../core/search/index.ts';
import { recordedCurves, type Curves, type RecordedTrial } from '../../../core/simulate/curves.ts';
import { simulate as run, type Simulated } from '../../../core/simulate/index.ts';
import { syntheticCurves } from '../../../core/simulate/synthetic.ts';
import type { SweepSpec } from '../../../core/spec.ts';
import { loadSpec } from '../../../sweep-file/index.ts';
import { didYouMean, listOf } from '../../../sweep-file/problem.ts';
import { openStore } from '../../../store/index.ts';
import { readCurve, readFailure, readResult, readTiming } from '../../../store/runs.ts';
import type { Store } from '../../../store/types.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { say, sayJson } from '../../ui/output.ts';
import { styleOf } from '../../ui/style.ts';
import { table } from '../../ui/table.ts';
import { clean, count, metricValue, plural } from '../../ui/text.ts';

export interface SimulateOptions {
  set?: string[];
  workers: number;
  scheduler?: string[];
  curves?: string;
  runs: string;
  json?: boolean;
}

interface Row extends Simulated {
  scheduler: string;
  options: Record<string, number>;
  share: number;
  regret: number | null;
}

export async function simulate(
  file: string,
  { set = [], workers, scheduler: wanted, curves: given, runs, json = false }: SimulateOptions,
): Promise<void> {
  const names = schedulerNames(wanted);
  const spec = await loadSpec(file, { set });
  const curves = given === undefined ? syntheticCurves(spec) : await curvesOf(spec, file, openStore(runs), given);
  const chosen = names.filter((name) => schedulers[name].wholeTrials || spec.space['training.maxSteps'] === undefined);
  if (chosen.length === 0)
    throw new UserError(
      `${file}: space["training.maxSteps"]: cannot be swept with the scheduler ${listOf(names)}; allowed: full`,
      2,
    );
  const rows = chosen.map((name) => rowOf(spec, name, curves, workers));
  if (json) sayJson({ name: spec.name, curves: curves.source, workers, rows });
  else show(spec, curves, workers, rows);
}

function schedulerNames(wanted: readonly string[] = Object.keys(schedulers)): SchedulerName[] {
  const known = Object.keys(schedulers);
  for (const name of wanted) {
    if (!Object.hasOwn(schedulers, name))
      throw new UserError(`--scheduler ${clean(name)}: allowed: ${listOf(known)}${didYouMean(name, known)}`, 2);
  }
  return [...new Set(wanted)] as SchedulerName[];
}

function rowOf(spec: SweepSpec, name: SchedulerName, curves: Curves, workers: number): Row {
  const own = settingOf(spec);
  const setting = name === spec.scheduler.name ? own : { ...own, options: {} };
  const outcome = run(spec, { scheduler: schedulers[name] as Scheduler, setting, curves, workers });
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
async function curvesOf(spec: SweepSpec, file: string, store: Store, given: string): Promise<Curves> {
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
      `--curves ${given}: has no result of ${plural(lacking, 'trial')} of the ${count(total)} in ${file}, such as "${missing}"; ` +
        'needed: a sweep in which all of them were trained to their end',
      2,
    );
  }
  inAverageSteps(recorded);
  const find = (configuration: number, repeat: number) =>
    recorded[configuration * spec.repeats + repeat] as RecordedTrial;
  return recordedCurves(find, spec.objective.metric, `recorded by ${sweepId}`);
}

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

function show(spec: SweepSpec, curves: Curves, workers: number, rows: readonly Row[]): void {
  const style = styleOf(process.stdout);
  const { metric } = spec.objective;
  const value = (x: number | undefined) => (x === undefined ? '–' : metricValue(metric, x));
  const whole = (x: number) => count(Math.round(x));
  const size = `${plural(settingOf(spec).configurations, 'configuration')} × ${plural(spec.repeats, 'repeat')}`;
  say(`${style.bold(spec.name)}: ${size}, ${plural(workers, 'worker')}, curves ${clean(curves.source)}\n`);
  const head = ['scheduler', 'steps', 'of all', 'time', 'to the end', metric, 'regret', 'known at'].map((text) => ({
    text,
    tint: style.bold,
  }));
  const body = rows.map(({ scheduler, steps, share, makespan, completed, found, regret }) => [
    scheduler,
    count(steps),
    `${(100 * share).toFixed(1)} %`,
    whole(makespan),
    count(completed),
    value(found?.value),
    regret === null ? '–' : regret === 0 ? '0' : regret.toPrecision(2),
    found === undefined ? '–' : whole(found.at),
  ]);
  for (const line of table([head, ...body], { sides: ['left', 'right'] })) say(`  ${line}`);
  say(
    "\nTimes are in those of an average step. To the end: configurations trained to their last step; of those the best one's " +
      `${metric}, how far\nthat is from the best of all had all been trained (regret), and when it was known.`,
  );
}
