import { dispose, tensor } from '@tensorflow/tfjs-core';
import { DT, placeholder, valueOf } from '../graph.ts';
import { product } from '../rewrites/build.ts';
import type { NativeBackend } from './binding.ts';
import { useOneDnn } from './rewrites/one-dnn.ts';
import { openSession } from './session.ts';

/** What TensorFlow runs on; 'one-dnn': a CPU for which it has oneDNN's kernels. */
export type Processor = 'cpu' | 'one-dnn' | 'gpu';

/** Found out by trying: TensorFlow has oneDNN's kernels on most x86-64 machines, and does not say so. */
export function processorOf(backend: NativeBackend): Processor {
  return backend.binding.isUsingGpuDevice() ? 'gpu' : hasOneDnn(backend) ? 'one-dnn' : 'cpu';
}

function hasOneDnn(backend: NativeBackend): boolean {
  const input = placeholder({ dtype: DT.float, shape: [1, 1] });
  const outputs = [product(valueOf(input), valueOf(input))];
  const graph = useOneDnn({ nodes: [input, ...outputs.map(({ node }) => node)], inputs: [input], outputs });
  const one = tensor([1], [1, 1]);
  try {
    const session = openSession(backend, graph);
    try {
      dispose(session.run([one]));
      return true;
    } finally {
      session.dispose();
    }
  } catch {
    return false;
  } finally {
    one.dispose();
  }
}
