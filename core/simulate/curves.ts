/** How trials would go: what a simulated worker learns instead of training. */
import type { CurvePoint, TrialStatus } from '../results.ts';
import type { Configuration } from '../search/index.ts';

/** A trial after some steps. */
export interface Moment {
  /** The objective at the last evaluation up to here; null: it has diverged or failed, or there was none yet. */
  value: number | null;
  /** It has ended: no step beyond `steps` is ever trained. */
  ended: boolean;
  steps: number;
}

export interface Course {
  after(step: number): Moment;
  /** How long a step takes, in the time of an average one. */
  stepTime: number;
}

export interface Curves {
  /** What they are, for people. */
  source: string;
  /** The trial of a configuration's repeat. */
  course(configuration: number, repeat: number, point: Configuration): Course;
}

export interface RecordedTrial {
  status: TrialStatus;
  steps: number;
  curve: CurvePoint[];
  /** In the time of an average step; left out: 1. */
  stepTime?: number;
}

/** The curves of trials that were trained. `find` throws where it has none. */
export function recordedCurves(
  find: (configuration: number, repeat: number) => RecordedTrial,
  metric: string,
  source: string,
): Curves {
  return {
    source,
    course(configuration, repeat) {
      const { status, steps, curve, stepTime = 1 } = find(configuration, repeat);
      const bad = status !== 'completed';
      return {
        stepTime,
        after(step) {
          const ended = step >= steps;
          if (ended && bad) return { value: null, ended, steps };
          const point = lastWhere(curve, (one) => one.step <= step);
          return { value: point?.metrics[metric] ?? null, ended, steps: Math.min(step, steps) };
        },
      };
    },
  };
}

function lastWhere<T>(list: readonly T[], holds: (item: T) => boolean): T | undefined {
  for (let i = list.length - 1; i >= 0; i--) if (holds(list[i] as T)) return list[i];
  return undefined;
}
