/**
 * Where configurations are compared: numbers of steps, found by whole multiplications, so that no logarithm's last bit
 * decides.
 */
import type { SchedulerSetting } from './types.ts';

type Steps = Pick<SchedulerSetting, 'maxSteps' | 'evaluateEvery'>;

/** A few comparisons on the way, each at an evaluation: R / parts, rounded down to one, and never before the first. */
export function partOf({ maxSteps, evaluateEvery }: Steps, parts: number): number {
  const evaluations = Math.max(1, Math.floor(maxSteps / parts / evaluateEvery));
  return Math.min(maxSteps, evaluations * evaluateEvery);
}

/** The evaluation at these steps or the next one after them; the last step, if that comes first. */
export const atEvaluation = ({ maxSteps, evaluateEvery }: Steps, steps: number): number =>
  Math.min(maxSteps, Math.ceil(steps / evaluateEvery) * evaluateEvery);

/**
 * r η^k for k = 0, 1, … as long as r η^(k+1) ≤ R, and then R itself: what is left at the end is trained to its last
 * step.
 */
export function geometricRungs(r: number, eta: number, R: number): number[] {
  const rungs: number[] = [];
  for (let steps = r; steps * eta <= R; steps *= eta) rungs.push(steps);
  return [...rungs, R];
}

/**
 * More than the state of any sweep has room for (state-size.ts): one with so many is refused, whatever else there would
 * be.
 */
const TOO_MANY = 50_000;

/** Every `every` steps from `first` on, and R. */
export function evenRungs(first: number, every: number, R: number): number[] {
  const rungs: number[] = [];
  for (let steps = first; steps < R && rungs.length < TOO_MANY; steps += every) rungs.push(steps);
  return [...rungs, R];
}
