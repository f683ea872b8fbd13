/**
 * What people set when a sweep starts and while it runs, and what they cannot. A problem is the line that they are
 * told.
 */
import { MOST_CONCURRENT } from './form/limits.ts';
import { briefly } from './json.ts';
import type { Progress } from './progress.ts';

export interface Control {
  /** No job runs; those that ran have saved a checkpoint. */
  paused: boolean;
  /** Jobs at a time, instead of what the sweep file says. */
  maxConcurrent?: number;
  /** Started with --no-cache: results of other sweeps are not taken, now or when it goes on. */
  noCache?: true;
}

export function concurrencyProblem(given: unknown): string | undefined {
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= MOST_CONCURRENT) return undefined;
  return `${briefly(given)} is no number of jobs at a time; allowed: a whole number from 1 to ${MOST_CONCURRENT} (to let none run: sweep pause)`;
}

export function retryProblem({ failed }: Pick<Progress, 'failed'>): string | undefined {
  return failed > 0
    ? undefined
    : 'no trial has failed, so there is nothing to retry; allowed: a sweep with failed trials';
}
