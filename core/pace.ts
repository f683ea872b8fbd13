/**
 * How long trials take: the longest begin first, so that at the end no slot trains a long one while the others have
 * nothing left to do (Graham 1969, "Bounds on multiprocessing timing anomalies": at most a third longer than the best
 * order). It decides when trials are trained, and nothing of what they yield.
 */
import type { Json } from './json.ts';
import { programKey } from './shapes.ts';
import type { TrialSpec } from './spec.ts';

const countOf = (value: Json | undefined): number => (typeof value === 'number' ? value : 1);

/**
 * What a step multiplies, up to a factor: nothing is known here of what a cell computes, and texts have any length; of
 * a program nothing at all.
 */
function sizeOf(trial: TrialSpec): number {
  if (trial.program !== undefined) return 1;
  const { task, model, training } = trial;
  return training.batchSize * countOf(task['length']) * model.layers * model.hiddenUnits ** 2;
}

/** What is known of a trial before any has been trained; worked out once, since it is asked at every choice. */
export interface Weighed {
  program: string;
  /** Of a step. */
  size: number;
  steps: number;
}

export const weigh = (trial: TrialSpec): Weighed => ({
  program: programKey(trial),
  size: sizeOf(trial),
  steps: trial.training.maxSteps,
});

export interface Pace {
  /** A job has trained so many steps of these trials, which are of one program, in so many milliseconds. */
  learn(trial: Weighed, steps: number, milliseconds: number): void;
  /**
   * How long the trials take, one after the other: by the time that others of their program took; if there was none, by
   * their size and the time that others took for theirs; before that, by their size.
   */
  of(trials: readonly Weighed[]): number;
}

export function paceOf(): Pace {
  const known = new Map<string, { size: number; steps: number; milliseconds: number }>();
  let perSize = 1;
  return {
    learn({ program, size }, steps, milliseconds) {
      if (steps <= 0) return; // nothing was trained
      const before = known.get(program) ?? { size, steps: 0, milliseconds: 0 };
      known.set(program, { size, steps: before.steps + steps, milliseconds: before.milliseconds + milliseconds });
      const all = [...known.values()];
      const total = (of: (one: (typeof all)[number]) => number) => all.reduce((sum, one) => sum + of(one), 0);
      perSize = total((one) => one.milliseconds) / total((one) => one.size * one.steps);
    },
    of: (trials) =>
      trials.reduce((sum, { program, size, steps }) => {
        const seen = known.get(program);
        return sum + steps * (seen ? seen.milliseconds / seen.steps : size * perSize);
      }, 0),
  };
}

/** The place of the largest; of several, the first. -1: of none. */
export function largest<T>(list: readonly T[], of: (one: T) => number): number {
  let [place, most] = [-1, -Infinity];
  for (const [i, one] of list.entries()) {
    const value = of(one);
    if (value > most) [place, most] = [i, value];
  }
  return place;
}
