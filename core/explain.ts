/** Why an adaptive sweep did what it did, from its record; and whether the record is what such a sweep does. */
import { replayRecord, type RecordEntry } from './adaptive.ts';
import { canonicalJson } from './json.ts';
import type { Decision, RungReport } from './schedulers/index.ts';
import { searchOf, type Configuration, type Observation } from './search/index.ts';
import type { SweepSpec } from './spec.ts';

/** What happened to a configuration at one entry of the record: it was decided on, or it reported. */
export type Chapter = { entry: number } & ({ decision: Decision } | { report: RungReport });

/** Everything that the record has of a configuration, in order. Empty: it was never started. */
export function storyOf(record: readonly RecordEntry[], configuration: number): Chapter[] {
  return record.flatMap((entry, i): Chapter[] => {
    if ('assignment' in entry) return entry.decision.configuration === configuration ? [{ entry: i, decision: entry.decision }] : [];
    const reported = entry.report.configuration === configuration ? [{ entry: i, report: entry.report }] : [];
    return [...reported, ...entry.decisions.filter((one) => one.configuration === configuration).map((decision) => ({ entry: i, decision }))];
  });
}

/** Where a configuration is: what its last decision, or its report after that, left it as. */
export function standingOf(story: readonly Chapter[]): 'not started' | 'in training' | 'waiting' | 'stopped' | 'complete' {
  const last = story.at(-1);
  if (last === undefined) return 'not started';
  if ('report' in last) return 'waiting';
  return last.decision.action === 'stop' ? 'stopped' : last.decision.action === 'complete' ? 'complete' : 'in training';
}

/** The configurations that the record says were started, with their values, in that order. */
export function startedIn(spec: SweepSpec, record: readonly RecordEntry[]): Map<number, Configuration> {
  const started = new Map<number, Configuration>();
  for (const entry of record) {
    if (!('assignment' in entry) || started.has(entry.assignment.configuration)) continue;
    const { assignment: { configuration }, suggested } = entry;
    started.set(configuration, suggested ?? searchOf(spec).at(spec, configuration));
  }
  return started;
}

/** Plays the recorded reports back, in their order, to the scheduler and the search: what differs from the record, or undefined. */
export function audit(spec: SweepSpec, record: readonly RecordEntry[]): string | undefined {
  try {
    replayRecord(spec, record);
    checkSuggestions(spec, record);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function checkSuggestions(spec: SweepSpec, record: readonly RecordEntry[]): void {
  const search = searchOf(spec);
  if (search.suggest === undefined) return;
  const points = startedIn(spec, record);
  const point = (configuration: number) => points.get(configuration) as Configuration;
  const history: Observation[] = [];
  let pending: number[] = [];
  for (const [i, entry] of record.entries()) {
    if ('assignment' in entry) {
      const { configuration } = entry.assignment;
      if (entry.suggested !== undefined) {
        const [then, now] = [entry.suggested, search.suggest(spec, configuration, history, pending.map(point))].map(canonicalJson);
        if (then !== now) throw new Error(`entry ${i} of the recorded decisions tries ${then}, but ${spec.search.name} now suggests ${now}`);
      }
      pending.push(configuration);
    } else {
      const { configuration, toStep, value, ended } = entry.report;
      history.push({ configuration: point(configuration), toStep, value, ended });
      pending = pending.filter((other) => other !== configuration);
    }
  }
}
