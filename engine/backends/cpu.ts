/** Plain JavaScript: always there, for tests and as a reference; a hundred times slower than native. */
import * as tf from '@tensorflow/tfjs-core';
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import type { Backend } from './types.ts';

export async function loadCpu(): Promise<Backend> {
  // It would print advice to install tfjs-node, which is not how native TensorFlow comes here.
  tf.env().set('PROD', true);
  await tf.setBackend('cpu');
  return { kind: 'cpu', name: `cpu ${version_cpu}`, version: version_cpu, replayable: false };
}
