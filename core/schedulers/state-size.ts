/**
 * How large an adaptive sweep may be: all that its scheduler and its search keep goes from one workflow run to the
 * next.
 */
import type { SweepSpec } from '../spec.ts';
import { searchOf } from '../search/index.ts';
import { RANKED_BYTES } from './ranking.ts';
import { schedulerOf, settingOf } from './index.ts';

/** A workflow's input is one payload, of which Temporal takes 2 MiB; the spec and what is in training are in it too. */
const STATE_BYTES = 1.25 * 2 ** 20;
/** What an observation has beside the configuration: its keys, the steps, the value. */
const OBSERVATION_BYTES = 90;
/** Draws that show how long a configuration's JSON may be. */
const DRAWS = 50;

/** How many configurations the state has room for, with JSON of this many bytes for each. */
export const mostWithin = (bytesEach: number): number =>
  bytesEach === 0 ? Infinity : Math.floor(STATE_BYTES / bytesEach);

/** How many configurations a sweep may have with these options; Infinity where nothing is kept of them. */
export function mostConfigurations(spec: SweepSpec): number {
  const [scheduler, search] = [schedulerOf(spec), searchOf(spec)];
  const rungs = scheduler.rungs(settingOf(spec)).length;
  const compared = scheduler.wholeTrials ? 0 : RANKED_BYTES * rungs;
  if (search.suggest === undefined) return mostWithin(compared);
  const lengths = Array.from({ length: DRAWS }, (_, i) => JSON.stringify(search.at(spec, i)).length);
  const configuration = Math.max(...lengths);
  // What it was, and once more with each of its observations.
  return mostWithin(compared + configuration * (rungs + 1) + OBSERVATION_BYTES * rungs);
}
