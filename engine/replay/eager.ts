/** Functions of tensors run as they are, operation by operation. */
import { stack, tidy, unstack, type Tensor } from '@tensorflow/tfjs-core';
import type { Compile, TensorFunction } from './types.ts';

/** With one lane, tensors have no axis for it; with more, lane after lane. */
export function runEagerly(step: TensorFunction, inputs: readonly Tensor[], count: number): Tensor[] {
  return tidy(() => {
    if (count === 1) return step(...inputs);
    const apart = inputs.map((x) => unstack(x));
    const results = Array.from({ length: count }, (_, lane) => step(...apart.map((values) => values[lane] as Tensor)));
    return (results[0] ?? []).map((_, i) => stack(results.map((outputs) => outputs[i] as Tensor)));
  });
}

export const eager: Compile = (step) => ({
  run: (...inputs) => runEagerly(step, inputs, 1),
  lanes:
    (count) =>
    (...inputs) =>
      runEagerly(step, inputs, count),
  replayed: false,
  dispose: () => {},
});
