/**
 * What the numbers of an evaluation are, whatever task yields them: tasks refer to these and add what their own means.
 * A new metric is a line here. Everybody else asks `metricOf`.
 */

export type Goal = 'maximize' | 'minimize';

export interface Metric {
  /** Which values are better; what an objective strives for where its sweep file does not say. */
  goal: Goal;
  /** The values that it can take, both ends among them: intervals are clipped to it. */
  range: readonly [low: number, high: number];
  /** How people are shown it in a line: with two decimals, or with three digits whatever its size. */
  format: 'decimals' | 'digits';
}

const positive = { goal: 'minimize', range: [0, Infinity], format: 'digits' } as const satisfies Metric;

export const metrics = {
  accuracy: { goal: 'maximize', range: [0, 1], format: 'decimals' },
  exactMatch: { goal: 'maximize', range: [0, 1], format: 'digits' },
  bitsPerCharacter: positive,
  loss: positive,
} as const satisfies Record<string, Metric>;
export type MetricName = keyof typeof metrics;

/** Run folders may have metrics that no task has now: they are shown as ever, by the end of their name. */
const undescribed: readonly (readonly [ending: RegExp, Metric])[] = [
  [/accuracy$/i, metrics.accuracy],
  [/match$/i, metrics.exactMatch],
  [/(loss|entropy|bitsPerCharacter)$/i, positive],
];
const anyNumber: Metric = { goal: 'minimize', range: [-Infinity, Infinity], format: 'digits' };

const isDescribed = (name: string): name is MetricName => Object.hasOwn(metrics, name);

/** What a sweep says of the metrics of its own program. */
export type OwnMetrics = Readonly<Record<string, { goal: Goal; range?: number[] }>>;

export function metricOf(name: string, own: OwnMetrics = {}): Metric {
  const known = Object.hasOwn(own, name) ? own[name] : undefined;
  if (known !== undefined) {
    const [low = -Infinity, high = Infinity] = known.range ?? [];
    return { goal: known.goal, range: [low, high], format: 'digits' };
  }
  if (isDescribed(name)) return metrics[name];
  return undescribed.find(([ending]) => ending.test(name))?.[1] ?? anyNumber;
}

/** 'maximize accuracy and exactMatch, minimize bitsPerCharacter and loss'. */
export function goalsText(): string {
  const named = (goal: Goal) =>
    `${goal} ${Object.keys(metrics)
      .filter((name) => metricOf(name).goal === goal)
      .join(' and ')}`;
  return `${named('maximize')}, ${named('minimize')}`;
}
