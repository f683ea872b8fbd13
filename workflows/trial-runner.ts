import type { Progress } from '../core/progress.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Carried } from './messages.ts';

/** A way of running all trials of a sweep: in this workflow, one decision after the other, or in shards. */
export interface TrialRunner extends Dispatcher {
  progress(): Progress;
  /** The workflows that run the rest of them. */
  shards(): string[];
  /** What the next run goes on from, once `drive` says 'continue'. */
  carry(): Omit<Carried, 'startedAt'>;
}
