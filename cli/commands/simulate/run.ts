/** `sweep simulate`: a table of what each scheduler would make of a sweep. */
import { settingOf } from '../../../core/schedulers/index.ts';
import type { SweepSpec } from '../../../core/spec.ts';
import { simulateSweep, type Simulation } from '../../../orchestrate/simulate.ts';
import { openStore } from '../../../store/index.ts';
import { loadSpec } from '../../../sweep-file/index.ts';
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

export async function simulate(file: string, options: SimulateOptions): Promise<void> {
  const { set = [], workers, scheduler, curves: sweep, runs, json = false } = options;
  const spec = await loadSpec(file, { set });
  const recorded = sweep === undefined ? {} : { recorded: { store: openStore(runs), sweep } };
  const simulation = await simulateSweep({ spec, file, workers, schedulers: scheduler, ...recorded });
  if (json) sayJson({ name: spec.name, curves: simulation.curves, workers, rows: simulation.rows });
  else show(spec, workers, simulation);
}

function show(spec: SweepSpec, workers: number, { curves, rows }: Simulation): void {
  const style = styleOf(process.stdout);
  const { metric } = spec.objective;
  const value = (x: number | undefined) => (x === undefined ? '–' : metricValue(metric, x));
  const whole = (x: number) => count(Math.round(x));
  const size = `${plural(settingOf(spec).configurations, 'configuration')} × ${plural(spec.repeats, 'repeat')}`;
  say(`${style.bold(spec.name)}: ${size}, ${plural(workers, 'worker')}, curves ${clean(curves)}\n`);
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
