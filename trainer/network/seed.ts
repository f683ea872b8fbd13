/** An extended trial goes on from the shorter one, if that is what it would have come to itself. */
import type { Checkpoint } from '../../core/results.ts';
import type { NetworkTrial } from '../../core/spec.ts';
import { evaluatesAt, stops } from './train.ts';

/**
 * What the trial would have been at the checkpoint's step had it been this one from the start; undefined if it would
 * have ended before.
 */
export function seedOf<C extends Omit<Checkpoint, 'state'>>({ training }: NetworkTrial, shorter: C): C | undefined {
  const { step, curve, observations } = shorter;
  if (step > training.maxSteps) return undefined;
  // The last point is left out: training evaluates there again, and knows that it is not the end. The draws are the
  // same.
  const before = curve.filter((point) => point.step < step && evaluatesAt(training, point.step));
  for (let points = 1; points <= before.length; points++)
    if (stops(before.slice(0, points), training.stopWhen)) return undefined;
  return { ...shorter, curve: before, observations: observations.filter((one) => one.step < step) };
}
