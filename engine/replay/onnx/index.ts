/** ONNX Runtime as what runs recorded graphs: encode (model.ts) → load and run (session.ts). */
import { getBackend } from '@tensorflow/tfjs-core';
import type { Device } from '../types.ts';
import { onnxRuntime } from './binding.ts';
import { laneRules } from './lane-rules.ts';
import { rewrites } from './rewrites/index.ts';
import { openSession } from './session.ts';

let known: Device | undefined;

/** There if the library is loaded and the backend in use is WebAssembly, whose tensors sessions take and give. */
export function onnx(): Device | undefined {
  const binding = getBackend() === 'wasm' ? onnxRuntime() : undefined;
  if (binding === undefined) return undefined;
  known ??= { name: 'mlas', rewrites, laneRules, openSession: (graph) => openSession(binding, graph) };
  return known;
}
