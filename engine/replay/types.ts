import type { Tensor } from '@tensorflow/tfjs-core';

/** A pure function of tensors: the same inputs give the same outputs, and nothing else happens. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor[];

export interface Compiled {
  /** The outputs are new tensors that the caller disposes of; whatever is made on the way is disposed of already. */
  run: TensorFunction;
  /**
   * The same for several lanes in one run: each tensor, in and out, has one more axis in front, of `count` lanes. A
   * lane gets the bits that run() gives it alone.
   */
  lanes(count: number): TensorFunction;
  /** Whether it runs as one recorded graph, rather than operation by operation. Known after the first run. */
  readonly replayed: boolean;
  dispose(): void;
}

/**
 * Makes a pure function fast. Calls have inputs of the same number and types; few different shapes. `name` is for
 * messages.
 */
export type Compile = (step: TensorFunction, name: string) => Compiled;
