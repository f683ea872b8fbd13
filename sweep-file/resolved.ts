/** Sections of a sweep file as its spec has them, whatever is trained. */
import { secondsOf } from '../core/duration.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { SweepFile } from './schema.ts';

export const budgetOf = ({ maxConcurrent, wallClock, maxTrials }: SweepFile['budget']): SweepSpec['budget'] => ({
  ...(maxConcurrent !== undefined && { maxConcurrent }),
  ...(maxTrials !== undefined && { maxTrials }),
  ...(wallClock !== undefined && { wallClockSeconds: secondsOf(wallClock) }),
});

export const reportOf = ({ figures, reference }: SweepFile['report']): SweepSpec['report'] => ({
  ...(figures && { figures }),
  ...(reference && { reference }),
});
