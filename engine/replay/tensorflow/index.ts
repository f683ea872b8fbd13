/** TensorFlow's C library as what runs recorded graphs: encode (saved-model.ts) → load and run (session.ts). */
import { dispose, zeros } from '@tensorflow/tfjs-core';
import type { Graph } from '../graph.ts';
import { record } from '../record.ts';
import type { Device, Signature, TensorFunction } from '../types.ts';
import { nativeBackend, type NativeBackend } from './binding.ts';
import { laneRules } from './lane-rules.ts';
import { processorOf } from './processor.ts';
import { rewritesFor } from './rewrites/index.ts';
import { openSession } from './session.ts';

const known = new WeakMap<NativeBackend, Device>();

/** There if the backend in use is tfjs-node's, whose tensors sessions take and give. */
export function tensorflow(): Device | undefined {
  const backend = nativeBackend();
  if (backend === undefined) return undefined;
  const device = known.get(backend) ?? deviceOf(backend);
  known.set(backend, device);
  return device;
}

function deviceOf(backend: NativeBackend): Device {
  const processor = processorOf(backend);
  return {
    name: `tensorflow ${processor}`,
    recordRun: (step, signatures) => recordRun(backend, step, signatures),
    rewrites: rewritesFor(processor),
    laneRules,
    openSession: (graph) => openSession(backend, graph),
  };
}

function recordRun(backend: NativeBackend, step: TensorFunction, signatures: readonly Signature[]): Graph {
  const inputs = signatures.map(({ shape, dtype }) => zeros([...shape], dtype));
  try {
    return record(step, inputs, backend);
  } finally {
    dispose(inputs);
  }
}
