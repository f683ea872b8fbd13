/** A trial's identity: the same id means the same result, whatever the sweep, folder, machine or day. */
import { hashJson } from './json.ts';
import type { TrialSpec } from './spec.ts';

/**
 * The version of everything under models/ that decides what a trial learns. Raise it when a change there changes any
 * number a trial yields (test/models/science.test.ts pins some): results of the older version are then no longer
 * reused.
 */
export const SCIENCE_VERSION = 4;

/** The same of what runs programs, beside the programs: what they are told, and how what they say is read. */
export const PROGRAM_VERSION = 1;

/** The version of what decides what comes of the trial. */
export const scienceOf = ({ program }: Pick<TrialSpec, 'program'>): number =>
  program === undefined ? SCIENCE_VERSION : PROGRAM_VERSION;

/** 20 hexadecimal digits (80 bits): no collision to be expected below a billion trials. */
export function trialId(trial: TrialSpec): string {
  return trialIdIn(scienceOf(trial), trial);
}

/** The same in a version of the science. */
export function trialIdIn(science: number, trial: TrialSpec): string {
  return hashJson({ ...trial, science }).slice(0, 20);
}

/** A seed in [0, 2^32) for one purpose; different paths give independent seeds. */
export function deriveSeed(seed: number, ...path: (string | number)[]): number {
  return Number.parseInt(hashJson([seed, ...path]).slice(0, 8), 16);
}
