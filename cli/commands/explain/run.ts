/** `sweep explain`. */
import { UserError } from '../../../core/errors.ts';
import type { Chapter } from '../../../core/explain.ts';
import { explainTrial, type Explanation } from '../../../orchestrate/explain.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { openStore } from '../../../store/index.ts';
import type { RunsOptions } from '../../options.ts';
import { say, sayJson } from '../../ui/output.ts';
import { styleOf, symbols, type Style } from '../../ui/style.ts';
import { table, type TableRow } from '../../ui/table.ts';
import { clean, count, metricValue, plural } from '../../ui/text.ts';

export async function explain(
  givenSweep: string,
  givenTrial: string,
  { runs, json = false }: RunsOptions,
): Promise<void> {
  const store = openStore(runs);
  const sweepId = await findSweep(store, givenSweep);
  const found = await explainTrial(store, sweepId, givenTrial);
  const { entries, problem } = found;
  if (json) sayJson(asJson(sweepId, found));
  else show(sweepId, found);
  if (problem !== undefined) throw new UserError(`the record of ${sweepId} does not hold: ${problem}`);
  if (!json)
    say(`\nAll ${plural(entries, 'entry', 'entries')} of the record played back: the same decisions come out.`);
}

function asJson(sweepId: string, { trial, configuration, standing, story, entries, problem }: Explanation) {
  const { trialId, label, repeat } = trial;
  const audit = { entries, holds: problem === undefined, problem: problem ?? null };
  return { sweepId, trialId, label, configuration, repeat, standing, story, audit };
}

function show(sweepId: string, { spec, trial, configuration, standing, story }: Explanation): void {
  const style = styleOf(process.stdout);
  const { dot } = symbols(style);
  say(`${style.bold(clean(sweepId))} ${dot} trial ${trial.trialId} ${dot} ${clean(trial.label)}`);
  const judged = spec.repeats === 1 ? '' : `, judged on the mean of its ${spec.repeats} repeats`;
  say(`  configuration ${configuration}${judged}: ${style.bold(standing)}\n`);
  const head = ['entry', 'what', 'why', 'numbers'].map((text) => ({ text, tint: style.bold }));
  const rows = story.map((chapter) => rowOf(chapter, spec.objective.metric, style));
  for (const line of table([head, ...rows], { sides: ['right', 'left'] })) say(`  ${line}`);
}

function rowOf(chapter: Chapter, metric: string, style: Style): TableRow {
  if ('report' in chapter) {
    const { value, toStep, ended } = chapter.report;
    const what =
      value === null ? `no ${metric}: a repeat diverged or failed` : `${metric} ${metricValue(metric, value)}`;
    return [
      count(chapter.entry),
      'report',
      `after step ${count(toStep)}: ${what}${ended ? ', and has ended' : ''}`,
      '',
    ];
  }
  const { action, reason, numbers } = chapter.decision;
  const text = Object.entries(numbers)
    .map(([name, x]) => `${name} ${x === null ? '–' : Number.isInteger(x) ? count(x) : metricValue(metric, x)}`)
    .join(', ');
  return [count(chapter.entry), action, reason, { text, tint: style.dim }];
}
