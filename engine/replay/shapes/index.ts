/**
 * Recording by shapes. tfjs-node's kernels run over a binding that computes nothing, so a recording needs no TensorFlow
 * and takes milliseconds. It has the bytes of one that was made by running the function.
 */
import * as tf from '@tensorflow/tfjs-core';
import { TFJS_NODE, tfjsNode } from '../../backends/tfjs-node.ts';
import type { KernelBackend } from '../binding.ts';
import type { Graph } from '../graph.ts';
import { record } from '../record.ts';
import type { Signature, TensorFunction } from '../types.ts';
import { shapesBinding } from './binding.ts';

export { UnknownShape } from './infer.ts';

/** As tfjs knows the backend. */
const NAME = 'shapes';

function register(): void {
  const backendOver = tfjsNode();
  tf.copyRegisteredKernels(TFJS_NODE, NAME);
  const make = () => backendOver(shapesBinding());
  tf.registerBackend(NAME, make, 0);
  // tfjs-node's kernels ask the backend of this name, whichever runs them, for TensorFlow's numbers for types.
  if (tf.findBackendFactory(TFJS_NODE) === null) tf.registerBackend(TFJS_NODE, make, 0);
}

/** Whether a function is being recorded right now. */
export const isRecording = (): boolean => tf.getBackend() === NAME;

/** The function's graph; throws the reason if it cannot be written down. */
export function recordShapes(step: TensorFunction, signatures: readonly Signature[]): Graph {
  if (tf.findBackendFactory(NAME) === null) register();
  const before = tf.getBackend();
  use(NAME);
  const inputs = signatures.map(({ shape, dtype }) => tf.zeros([...shape], dtype));
  try {
    return record(step, inputs, tf.backend() as unknown as KernelBackend);
  } finally {
    tf.dispose(inputs);
    use(before);
  }
}

/** At once, for a backend that is there already or whose factory does not wait. */
function use(name: string): void {
  void tf.setBackend(name);
}
