/** What it costs that a program does not go on from checkpoints. */
import { isAdaptive } from './plan.ts';
import { schedulerOf, settingOf } from './schedulers/index.ts';
import type { SweepSpec } from './spec.ts';

/** One line, of a sweep of such a program; undefined: of any other. */
export function costOfNotResuming(spec: SweepSpec): string | undefined {
  const { program, training } = spec;
  if (program === undefined || program.resumes) return undefined;
  const begin = `${program.command.join(' ')} does not go on from checkpoints ("resumes"): what is killed or paused begins anew`;
  if (!isAdaptive(spec) || schedulerOf(spec).wholeTrials) return begin;
  const rungs = schedulerOf(spec).rungs(settingOf(spec));
  const steps = rungs.reduce((sum, step) => sum + step, 0);
  return `${begin}, and so does every rung: ${steps} ${program.step}s in the place of ${training.maxSteps} for a trial that reaches the last`;
}
