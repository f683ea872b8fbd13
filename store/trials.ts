/**
 * The trials of a sweep with what the run folder has of each, one after the other: memory does not grow with their
 * number.
 */
import { suggestionsOf } from '../core/adaptive.ts';
import { trialRow, type TrialRow } from '../core/aggregate.ts';
import { plannedTrials, type PlannedTrial, type Suggestions } from '../core/plan.ts';
import type { RungRecord, TrialFailure, TrialResult } from '../core/results.ts';
import { searchOf } from '../core/search/index.ts';
import type { SweepSpec } from '../core/spec.ts';
import { readDecisions } from './decisions.ts';
import { readAhead } from './read-ahead.ts';
import { readHighestRung } from './rungs.ts';
import { readFailure, readResult } from './runs.ts';
import type { Store } from './types.ts';

/** What a search that learns has chosen so far; undefined for one that does not learn. */
export async function readSuggestions(
  store: Store,
  sweepId: string,
  spec: SweepSpec,
): Promise<Suggestions | undefined> {
  return searchOf(spec).suggest === undefined ? undefined : suggestionsOf(await readDecisions(store, sweepId));
}

export interface StoredTrial extends PlannedTrial {
  /** Its result, else why it failed, else the highest rung it has reached; undefined: nothing yet. */
  found: TrialResult | TrialFailure | RungRecord | undefined;
}

/** The same as a row of the results. */
export function rowOf({ found, ...trial }: StoredTrial): TrialRow {
  return found === undefined || 'message' in found
    ? trialRow(trial, undefined, found !== undefined)
    : trialRow(trial, found, false);
}

export async function* storedTrials(store: Store, sweepId: string, spec: SweepSpec): AsyncGenerator<StoredTrial> {
  const suggestions = await readSuggestions(store, sweepId, spec);
  yield* readAhead(plannedTrials(spec, suggestions), async (trial): Promise<StoredTrial> => {
    const { trialId } = trial;
    const found =
      (await readResult(store, sweepId, trialId)) ??
      (await readFailure(store, sweepId, trialId)) ??
      (await readHighestRung(store, sweepId, trialId));
    return { ...trial, found };
  });
}
