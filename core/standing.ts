/**
 * Which configuration is ahead of which: one rule for tables, figures, the headline and the terminal, the one that
 * schedulers go by. A configuration is judged on the mean over all its repeats. As soon as one has no number (it
 * diverged, failed, was stopped at a rung or is to come), the mean of the others is that of survivors: it ranks after
 * all that are whole.
 */
import { summarize, type SummaryRow, type TrialRow } from './aggregate.ts';
import { nameOf } from './plan.ts';
import type { Leader } from './results.ts';
import type { Objective } from './spec.ts';

/** Whether every repeat has a number, so that the mean says what the configuration is worth. */
export const isWhole = ({ failed, stopped, missing, metrics }: SummaryRow, metric: string): boolean =>
  metrics[metric] !== undefined && failed + stopped + missing === 0;

/**
 * Configurations with a value for the objective, best first; of those that are not whole first the ones that failed
 * least often.
 */
export function ranked(summary: readonly SummaryRow[], { metric, goal }: Objective): SummaryRow[] {
  const sign = goal === 'maximize' ? -1 : 1;
  const value = (row: SummaryRow) => row.metrics[metric]?.mean ?? NaN;
  const lacking = (row: SummaryRow) => (isWhole(row, metric) ? -1 : row.failed);
  return summary
    .filter((row) => row.metrics[metric] !== undefined)
    .sort((a, b) => lacking(a) - lacking(b) || sign * (value(a) - value(b)));
}

/** '1 of 4 repeats': how many of a configuration's repeats a mean is of. */
export const shareText = ({ repeats, metrics }: SummaryRow, metric: string): string =>
  `${metrics[metric]?.n ?? 0} of ${repeats.length} repeats`;

export function leaderOf(summary: readonly SummaryRow[], objective: Objective): Leader | undefined {
  const [first] = ranked(summary, objective);
  const estimate = first?.metrics[objective.metric];
  return (
    first &&
    estimate && {
      label: nameOf(first.configuration),
      objective: estimate.mean,
      n: first.n,
      repeats: first.repeats.length,
    }
  );
}

/**
 * The same, of trials that come one after the other in the plan's order, where repeats are neighbours: of all
 * configurations before, the best alone is kept.
 */
export function frontRunner(objective: Objective) {
  let first: SummaryRow[] = [];
  let open: TrialRow[] = [];
  const close = () => {
    if (open.length > 0) first = ranked([...first, ...summarize(open)], objective).slice(0, 1);
    open = [];
  };
  return {
    add(trial: TrialRow): void {
      const [before] = open;
      if (before !== undefined && trial.repeat <= before.repeat) close();
      open.push(trial);
    },
    leader(): { leader?: Leader } {
      close();
      const leader = leaderOf(first, objective);
      return leader === undefined ? {} : { leader };
    },
  };
}
