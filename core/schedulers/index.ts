/** Registry of schedulers: which trials go on, and how far. One file each. */
import type { NumberOptions } from '../options.ts';
import { full } from './full.ts';

export interface Scheduler {
  summary: string;
  options: NumberOptions;
}

export const schedulers = { full } satisfies Record<string, Scheduler>;
export type SchedulerName = keyof typeof schedulers;
