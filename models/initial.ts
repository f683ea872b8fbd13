/** Initial weights. What is made on the way is left to the caller's tidy(). */
import { concat, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Stream } from './random.ts';

/**
 * A matrix [inputs, outputs] drawn from U(−a, a), a = √(6 / (inputs + outputs)): Glorot and Bengio 2010, equation (16).
 * A square one has a spectral radius of about 1, where a recurrent network neither forgets nor explodes at once.
 */
export function glorot(inputs: number, outputs: number, stream: Stream): Tensor2D {
  const bound = Math.sqrt(6 / (inputs + outputs));
  return tensor2d(stream.fillUniform(new Float32Array(inputs * outputs), -bound, bound), [inputs, outputs]);
}

/** `gates` such matrices side by side, each with a bound of its own size: [inputs, gates × outputs]. */
export function glorotGates(inputs: number, outputs: number, gates: number, stream: Stream): Tensor2D {
  return concat(
    Array.from({ length: gates }, () => glorot(inputs, outputs, stream)),
    1,
  );
}
