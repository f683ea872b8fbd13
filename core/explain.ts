/** Why an adaptive sweep did what it did, from its record; and whether the record is what such a sweep does. */
import { replayRecord, type RecordEntry } from './adaptive.ts';
import type { Decision, RungReport } from './schedulers/index.ts';
import { searchOf, type Configuration } from './search/index.ts';
import type { SweepSpec } from './spec.ts';

/** What happened to a configuration at one entry of the record: it was decided on, or it reported. */
export type Chapter = { entry: number } & ({ decision: Decision } | { report: RungReport });

/** Everything that the record has of a configuration, in order. Empty: it was never started. */
export function storyOf(record: readonly RecordEntry[], configuration: number): Chapter[] {
  return record.flatMap((entry, i): Chapter[] => {
    if ('assignment' in entry)
      return entry.decision.configuration === configuration ? [{ entry: i, decision: entry.decision }] : [];
    const reported = entry.report.configuration === configuration ? [{ entry: i, report: entry.report }] : [];
    return [
      ...reported,
      ...entry.decisions
        .filter((one) => one.configuration === configuration)
        .map((decision) => ({ entry: i, decision })),
    ];
  });
}

/** Where a configuration is: what its last decision, or its report after that, left it as. */
export function standingOf(
  story: readonly Chapter[],
): 'not started' | 'in training' | 'waiting' | 'stopped' | 'complete' {
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
    const {
      assignment: { configuration },
      suggested,
    } = entry;
    started.set(configuration, suggested ?? searchOf(spec).at(spec, configuration));
  }
  return started;
}

/** Goes through the record again, the search asked anew: what differs from it, or undefined. */
export function audit(spec: SweepSpec, record: readonly RecordEntry[]): string | undefined {
  try {
    replayRecord(spec, record, { searchAgain: true });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
