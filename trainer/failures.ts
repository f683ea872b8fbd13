/** Why a job failed, as what follows from it: whether it is tried again, and how often. */
import { UserError } from '../core/errors.ts';
import type { FailureCause } from './messages.ts';

/** What a trial computes is a function of the trial: what goes wrong there goes wrong again. */
export class ComputingFailed extends Error {}

/**
 * The job and its trainer have different versions of the science (core/trial.ts): of nobody's trial that is the fault.
 */
export class OtherScience extends Error {}

/** The operating system said no, or memory ran out: others may have left more of it next time. */
const isOfMachine = (error: Error): boolean => 'syscall' in error || /memory|alloc|exhausted/i.test(error.message);

/** An error of something that computes, and does nothing else. */
export function ofComputing(error: unknown): unknown {
  return error instanceof UserError || !(error instanceof Error) || isOfMachine(error)
    ? error
    : new ComputingFailed(error.message, { cause: error });
}

/** What is computed piece by piece; errors are those of computing. What whoever takes the pieces throws is not. */
export async function* computed<T>(pieces: AsyncIterable<T>, onFailure: () => void): AsyncGenerator<T, void, void> {
  try {
    yield* pieces;
  } catch (error) {
    onFailure();
    throw ofComputing(error);
  }
}

export function causeOf(error: unknown): FailureCause {
  if (error instanceof UserError) return 'impossible';
  if (error instanceof OtherScience) return 'science';
  return error instanceof ComputingFailed ? 'computing' : 'machine';
}
