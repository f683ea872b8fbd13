/** What a report is made of, from the files of a run folder to what tables and figures are drawn from. */
import type { SummaryRow, TrialRow } from '../core/aggregate.ts';
import type { Suggestions } from '../core/plan.ts';
import type { CurvePoint, RungRecord, TrialFailure, TrialResult, TrialSamples, TrialTiming } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import type { SweepOutcome } from '../store/runs.ts';
import type { TypedObservation } from './observations.ts';

export interface ReportInput {
  sweepId: string;
  spec: SweepSpec;
  /** What a search that learns has chosen. */
  suggestions?: Suggestions;
  results: Map<string, TrialResult>;
  /** The highest rung of every trial that a scheduler left there; one with a result has none. */
  stopped: Map<string, RungRecord>;
  failures: Map<string, TrialFailure>;
  timings: Map<string, TrialTiming>;
  /**
   * Of the trials that figures may show, as far as they have a result or a rung: what a failed trial left behind
   * depends on when it failed. The same holds for what was seen of them.
   */
  curves: Map<string, CurvePoint[]>;
  observations: Map<string, TypedObservation[]>;
  /** What trained networks wrote when asked; nothing of one whose training diverged. */
  samples: Map<string, TrialSamples>;
  /** The metrics in any curve. */
  curveMetrics: string[];
  /**
   * A trial's curve, whether figures may show it or not; read anew where they may not, for memory would not hold them
   * all.
   */
  curveOf(trialId: string): Promise<CurvePoint[] | undefined>;
  /** How the sweep ended; absent: it has not. */
  outcome?: SweepOutcome;
  /** One entry per environment that the sweep was started in; empty if nobody recorded it. */
  starts: Provenance[];
  /** SHA-256 of every file above and of the trained networks, by its path in the sweep's folder, in order of path. */
  hashes: Map<string, string>;
}

export interface Provenance {
  /** When it was recorded, ISO 8601. */
  at: string;
  /** Of this package. */
  version: string;
  science: number;
  /** The commit of this package's checkout and whether files differ from it; null outside a checkout. */
  git: { commit: string; dirty: boolean } | null;
  /** SHA-256 of package-lock.json; null where there is none. */
  lockfile: string | null;
  /** For instance 'tensorflow 2.21.0 cpu'; null if whoever recorded it did not know yet. */
  backend: string | null;
  node: string;
  /** Versions of the packages that train and orchestrate. */
  packages: Record<string, string>;
  machine: { os: string; cpu: string; cores: number; memoryGiB: number; gpus: string[] };
}

export interface Report {
  input: ReportInput;
  /** Dotted paths of the space's dimensions, in the file's order. */
  dimensions: string[];
  /** Accuracy and loss first. */
  metrics: string[];
  trials: TrialRow[];
  summary: SummaryRow[];
}
