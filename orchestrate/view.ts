/** What interfaces show: plain data, whoever draws it. */
import type { SummaryRow } from '../core/aggregate.ts';
import type { Metrics, SweepSnapshot, TrialStatus } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';

/** A sweep at one moment. */
export interface View {
  spec: SweepSpec;
  snapshot: SweepSnapshot;
  /** The results so far by configuration; empty for a sweep too large to be a table. */
  summary: readonly SummaryRow[];
  /** Milliseconds, from the same clock: when the display began, and when this was seen. */
  began: number;
  seen: number;
  /** The display began with the sweep, so that the time that has passed is the sweep's. */
  whole: boolean;
  /** Seconds, as of `seen`; undefined: not known. */
  left?: number;
  /** Over the last half minute; undefined: not known. */
  stepsPerSecond?: number;
}

/** A trial that ended while somebody looked on. */
export interface EndedTrial {
  trialId: string;
  label: string;
  status: TrialStatus;
  steps: number;
  metrics: Metrics;
  /** Why it failed. */
  message?: string;
}
