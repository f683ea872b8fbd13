/**
 * Registry of schedulers: which configurations go on, and how far. One file each; types.ts says what one is, the files
 * that have no entry here serve those that have one.
 */
import { searchOf } from '../search/index.ts';
import type { SweepSpec } from '../spec.ts';
import { asha } from './asha.ts';
import { full } from './full.ts';
import { hyperband } from './hyperband.ts';
import { medianStopping } from './median.ts';
import type { Scheduler, SchedulerSetting } from './types.ts';

export type * from './types.ts';

export const schedulers = { full, median: medianStopping, asha, hyperband } satisfies Record<string, Scheduler>;
export type SchedulerName = keyof typeof schedulers;

export function schedulerOf(spec: Pick<SweepSpec, 'scheduler'>): Scheduler {
  return schedulers[spec.scheduler.name as SchedulerName];
}

export function settingOf(spec: SweepSpec): SchedulerSetting {
  const { name: _, ...options } = spec.scheduler;
  const { maxSteps, evaluateEvery } = spec.training;
  return {
    configurations: searchOf(spec).count(spec),
    maxSteps,
    evaluateEvery,
    goal: spec.objective.goal,
    seed: spec.seed,
    options: options as Record<string, number>,
  };
}

/**
 * What a configuration is judged on: the mean over all its repeats, never one lucky seed; null as soon as one repeat
 * has no value.
 */
export function meanObjective(values: readonly (number | null)[]): number | null {
  let mean = 0;
  // A running mean: equal values give that value, bit for bit.
  for (const [i, value] of values.entries()) {
    if (value === null) return null;
    mean += (value - mean) / (i + 1);
  }
  return values.length === 0 ? null : mean;
}
