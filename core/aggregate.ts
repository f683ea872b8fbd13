/**
 * Results -> rows: one per trial, and one per configuration with mean and interval over its repeats.
 *
 * Only completed repeats enter a mean. A diverged or failed repeat has no number to contribute; it is counted in
 * `failed`, so that a mean over fewer repeats than planned is seen as one. One that a scheduler `stopped` at a rung is
 * no equal of one that was trained to its end, and stays out too. A repeat that has not ended yet is `missing`.
 */
import { canonicalJson } from './json.ts';
import { metricOf, type Metric, type OwnMetrics } from './metrics.ts';
import { plannedTrials, type PlannedTrial, type Suggestions } from './plan.ts';
import { hasEnded } from './progress.ts';
import type { Metrics, RungRecord, TrialResult, TrialStatus } from './results.ts';
import type { Configuration } from './search/index.ts';
import type { SweepSpec } from './spec.ts';

/** One planned trial and what became of it; `metrics` is empty unless it completed, or was stopped at a rung. */
export interface TrialRow {
  trialId: string;
  /** Counts from 1. */
  repeat: number;
  seed: number;
  configuration: Configuration;
  status: TrialStatus | 'stopped' | 'missing';
  /** Steps trained; for a diverged trial the step at which it diverged; absent for one without a result. */
  steps?: number;
  metrics: Metrics;
  parameters?: number | undefined;
  backend?: string;
  /** How often the search has drawn it, where that is more than once. */
  draws?: number;
}

/** Mean over n repeats; low and high bound its 95 % interval and are absent for n = 1. */
export interface Estimate {
  n: number;
  mean: number;
  low?: number;
  high?: number;
}

export interface SummaryRow {
  configuration: Configuration;
  repeats: TrialRow[];
  /** Completed repeats: those in the means. */
  n: number;
  /** Diverged repeats and repeats whose job failed for good. */
  failed: number;
  /** Repeats that a scheduler left at a rung. */
  stopped: number;
  /** Repeats without a result yet. */
  missing: number;
  metrics: Record<string, Estimate>;
}

/**
 * A row for every planned trial, in the plan's order; of a search that learns, for every chosen one. A random search
 * may draw a trial twice: it is one row, which says so.
 */
export function trialRows(
  spec: SweepSpec,
  results: ReadonlyMap<string, TrialResult>,
  failed: ReadonlySet<string>,
  stopped: ReadonlyMap<string, RungRecord> = new Map(),
  suggestions?: Suggestions,
): TrialRow[] {
  const rows = new Map<string, TrialRow>();
  for (const planned of plannedTrials(spec, suggestions)) {
    const { trialId } = planned;
    const known = rows.get(trialId);
    if (known !== undefined) known.draws = (known.draws ?? 1) + 1;
    else rows.set(trialId, trialRow(planned, results.get(trialId) ?? stopped.get(trialId), failed.has(trialId)));
  }
  return [...rows.values()];
}

/** What became of one trial, by what there is of it. */
export function trialRow(
  { trialId, repeat, configuration, trial }: PlannedTrial,
  found: TrialResult | RungRecord | undefined,
  hasFailed: boolean,
): TrialRow {
  const planned = { trialId, repeat: repeat + 1, seed: trial.seed, configuration };
  if (found === undefined) return { ...planned, status: hasFailed ? 'failed' : 'missing', metrics: {} };
  const { steps, metrics, parameters, backend } = found;
  const status = hasEnded(found) ? found.status : 'stopped';
  return { ...planned, status, steps, metrics: status === 'diverged' ? {} : metrics, parameters, backend };
}

/**
 * A row for every configuration, in the order in which the trials name them. `own`: what the sweep says of its metrics.
 */
export function summarize(trials: readonly TrialRow[], own?: OwnMetrics): SummaryRow[] {
  const groups = new Map<string, TrialRow[]>();
  for (const trial of trials) {
    const key = canonicalJson(trial.configuration);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [trial]);
    else group.push(trial);
  }
  return [...groups.values()].map((repeats) => {
    const completed = repeats.filter(({ status }) => status === 'completed');
    return {
      configuration: (repeats[0] as TrialRow).configuration,
      repeats,
      n: completed.length,
      failed: repeats.filter(({ status }) => status === 'diverged' || status === 'failed').length,
      stopped: repeats.filter(({ status }) => status === 'stopped').length,
      missing: repeats.filter(({ status }) => status === 'missing').length,
      metrics: Object.fromEntries(
        metricNames(completed.map(({ metrics }) => metrics)).map((name) => {
          const values = completed.flatMap(({ metrics }) => metrics[name] ?? []);
          return [name, estimate(values, metricOf(name, own).range)];
        }),
      ),
    };
  });
}

/** The names in use: accuracy and loss first, then the others by name. */
export function metricNames(metrics: readonly Metrics[]): string[] {
  const names = new Set(metrics.flatMap((m) => Object.keys(m)));
  const first = ['accuracy', 'loss'].filter((name) => names.delete(name));
  return [...first, ...[...names].sort()];
}

/**
 * mean ± t(0.975; n − 1) · s / √n with s² = Σ(x − mean)² / (n − 1), clipped to the metric's range. This is Student's
 * interval: exact for normal repeats, honest about how little two or three of them say.
 */
export function estimate(values: readonly number[], [min, max]: Metric['range'] = [-Infinity, Infinity]): Estimate {
  const n = values.length;
  // A running mean: equal values give that value, bit for bit.
  const mean = values.reduce((m, x, i) => m + (x - m) / (i + 1), 0);
  if (n < 2) return { n, mean };
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const half = studentT975(n - 1) * Math.sqrt(variance / n);
  return { n, mean, low: Math.max(min, mean - half), high: Math.min(max, mean + half) };
}

const quantiles = new Map<number, number>();

/** The t with P(|T| ≤ t) = 0.95 for ν ≥ 1 degrees of freedom, by bisection down to the last bit. */
export function studentT975(nu: number): number {
  const known = quantiles.get(nu);
  if (known !== undefined) return known;
  let [low, high] = [1.9, 13]; // t is 1.96 for ν = ∞ and 12.71 for ν = 1
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (centralProbability(middle, nu) < 0.95) low = middle;
    else high = middle;
  }
  quantiles.set(nu, high);
  return high;
}

/**
 * A(t | ν) = P(|T| ≤ t), Abramowitz and Stegun 26.7.3 (odd ν) and 26.7.4 (even ν), with θ = atan(t / √ν):
 * odd:  2/π · (θ + sin θ · (cos θ + 2/3 cos³ θ + … + (2·4···(ν−3)) / (1·3···(ν−2)) cos^(ν−2) θ))
 * even: sin θ · (1 + 1/2 cos² θ + … + (1·3···(ν−3)) / (2·4···(ν−2)) cos^(ν−2) θ)
 */
function centralProbability(t: number, nu: number): number {
  const cos = Math.sqrt(nu / (nu + t * t));
  const sin = t / Math.sqrt(nu + t * t);
  const odd = nu % 2 === 1;
  let sum = 0;
  let term = odd ? cos : 1;
  for (let k = odd ? 1 : 0; k <= nu - 2; k += 2) {
    sum += term;
    term *= ((k + 1) / (k + 2)) * cos * cos;
  }
  return odd ? (2 / Math.PI) * (Math.atan(t / Math.sqrt(nu)) + sin * sum) : sin * sum;
}
