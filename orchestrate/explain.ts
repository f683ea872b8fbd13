/** What the record of an adaptive sweep says of a trial, and whether the record holds. */
import type { RecordEntry } from '../core/adaptive.ts';
import { UserError } from '../core/errors.ts';
import { audit, standingOf, startedIn, storyOf, type Chapter } from '../core/explain.ts';
import { isAdaptive, plannedTrial, type PlannedTrial } from '../core/plan.ts';
import type { SweepSpec } from '../core/spec.ts';
import { readDecisions } from '../store/decisions.ts';
import type { Store } from '../store/index.ts';
import { specOf } from '../store/runs.ts';
import { findTrial } from './find-trial.ts';

export interface Explanation {
  spec: SweepSpec;
  trial: PlannedTrial;
  /** The index of the trial's configuration: its repeats are judged together. */
  configuration: number;
  /** 'promoted to step 900', say. */
  standing: string;
  /** What was reported of the configuration and decided on it, in order. */
  story: readonly Chapter[];
  /** Of the whole record. */
  entries: number;
  /** Why the record does not hold: played back, other decisions come out. */
  problem?: string;
}

/** `given`: the start of a trial's id, or its label. Throws a UserError where there is no such trial, or no record. */
export async function explainTrial(store: Store, sweepId: string, given: string): Promise<Explanation> {
  const spec = await specOf(store, sweepId);
  if (!isAdaptive(spec)) {
    throw new UserError(
      `${sweepId} has nothing to explain: its scheduler "${spec.scheduler.name}" trains every trial to its end, ` +
        `and its search "${spec.search.name}" does not depend on results`,
      2,
    );
  }
  const record = await readDecisions(store, sweepId);
  const trial = trialOf(sweepId, spec, record, given);
  const configuration = Math.floor(trial.index / spec.repeats);
  const story = storyOf(record, configuration);
  const problem = audit(spec, record);
  return {
    spec,
    trial,
    configuration,
    standing: standingOf(story),
    story,
    entries: record.length,
    ...(problem !== undefined && { problem }),
  };
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
