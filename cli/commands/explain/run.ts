/** `sweep explain`: what the record of an adaptive sweep says of a trial. Changes nothing. */
import type { RecordEntry } from '../../../core/adaptive.ts';
import { isAdaptive } from '../../../core/plan.ts';
import { UserError } from '../../../core/errors.ts';
import { audit, standingOf, startedIn, storyOf, type Chapter } from '../../../core/explain.ts';
import { plannedTrial, type PlannedTrial } from '../../../core/plan.ts';
import type { SweepSpec } from '../../../core/spec.ts';
import { findTrial } from '../../../orchestrate/find-trial.ts';
import { readDecisions } from '../../../store/decisions.ts';
import { openStore } from '../../../store/index.ts';
import { specOf } from '../../../store/runs.ts';
import { findSweep } from '../../../orchestrate/find-sweep.ts';
import { say, sayJson } from '../../ui/output.ts';
import { styleOf, symbols } from '../../ui/style.ts';
import { table } from '../../ui/table.ts';
import { clean, count, metricValue, plural } from '../../ui/text.ts';

export interface ExplainOptions {
  runs: string;
  json?: boolean;
}

export async function explain(
  givenSweep: string,
  givenTrial: string,
  { runs, json = false }: ExplainOptions,
): Promise<void> {
  const store = openStore(runs);
  const sweepId = await findSweep(store, givenSweep);
  const spec = await specOf(store, sweepId);
  if (!isAdaptive(spec)) {
    throw new UserError(
      `${sweepId} has nothing to explain: its scheduler "${spec.scheduler.name}" trains every trial to its end, ` +
        `and its search "${spec.search.name}" does not depend on results`,
      2,
    );
  }
  const record = await readDecisions(store, sweepId);
  const trial = trialOf(sweepId, spec, record, givenTrial);
  const configuration = Math.floor(trial.index / spec.repeats);
  const story = storyOf(record, configuration);
  const problem = audit(spec, record);
  if (json) sayJson(asJson(sweepId, trial, configuration, story, record, problem));
  else show(sweepId, spec, trial, configuration, story);
  if (problem !== undefined) throw new UserError(`the record of ${sweepId} does not hold: ${problem}`);
  if (!json)
    say(`\nAll ${plural(record.length, 'entry', 'entries')} of the record played back: the same decisions come out.`);
}

/** The trial that a person means, of those that were started: the start of one trial's id, or its label. */
function trialOf(sweepId: string, spec: SweepSpec, record: readonly RecordEntry[], given: string): PlannedTrial {
  const trials = [...startedIn(spec, record)].flatMap(([configuration, point]) =>
    Array.from({ length: spec.repeats }, (_, repeat) =>
      plannedTrial(spec, point, configuration * spec.repeats + repeat),
    ),
  );
  if (trials.length === 0) throw new UserError(`${sweepId}: no trial has started yet`, 2);
  // What a trial learned that was drawn twice is told where it was tried first.
  return findTrial(trials, given, (there) => `${sweepId} has started no trial "${given}"; there is ${there}`);
}

function asJson(
  sweepId: string,
  { trialId, label, repeat }: PlannedTrial,
  configuration: number,
  story: readonly Chapter[],
  record: readonly RecordEntry[],
  problem?: string,
) {
  return {
    sweepId,
    trialId,
    label,
    configuration,
    repeat,
    standing: standingOf(story),
    story,
    audit: { entries: record.length, holds: problem === undefined, problem: problem ?? null },
  };
}

function show(
  sweepId: string,
  spec: SweepSpec,
  { trialId, label }: PlannedTrial,
  configuration: number,
  story: readonly Chapter[],
): void {
  const style = styleOf(process.stdout);
  const { dot } = symbols(style);
  const { metric } = spec.objective;
  say(`${style.bold(clean(sweepId))} ${dot} trial ${trialId} ${dot} ${clean(label)}`);
  const judged = spec.repeats === 1 ? '' : `, judged on the mean of its ${spec.repeats} repeats`;
  say(`  configuration ${configuration}${judged}: ${style.bold(standingOf(story))}\n`);
  const rows = story.map((chapter) => {
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
  });
  for (const line of table([['entry', 'what', 'why', 'numbers'].map((text) => ({ text, tint: style.bold })), ...rows], {
    sides: ['right', 'left'],
  }))
    say(`  ${line}`);
}
