import type { Binding } from './binding.ts';
import { DT, placeholder, valueOf } from './graph.ts';
import { product } from './rewrites/build.ts';
import type { Device } from './rewrites/index.ts';
import { useOneDnn } from './rewrites/one-dnn.ts';
import { openSession } from './session.ts';

const known = new WeakMap<Binding, Device>();

/** What graphs run on, found out once: TensorFlow has oneDNN's kernels on most x86-64 machines, and does not say so. */
export function deviceOf(binding: Binding): Device {
  const device = known.get(binding) ?? (binding.isUsingGpuDevice() ? 'gpu' : hasOneDnn(binding) ? 'one-dnn' : 'cpu');
  known.set(binding, device);
  return device;
}

function hasOneDnn(binding: Binding): boolean {
  const input = placeholder({ dtype: DT.float, shape: [1, 1] });
  const outputs = [product(valueOf(input), valueOf(input))];
  const graph = useOneDnn({ nodes: [input, ...outputs.map(({ node }) => node)], inputs: [input], outputs });
  const one = binding.createTensor([1, 1], DT.float, Float32Array.of(1));
  try {
    const session = openSession(binding, graph);
    try {
      for (const { id } of session.run([one])) binding.deleteTensor(id);
      return true;
    } finally {
      session.close();
    }
  } catch {
    return false;
  } finally {
    binding.deleteTensor(one);
  }
}
