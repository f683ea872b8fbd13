/**
 * ONNX Runtime for recorded steps, and WebAssembly for what runs operation by operation. A step reads and writes its
 * tensors where WebAssembly has them.
 */
import { createRequire } from 'node:module';
import { nameOfOnnx, onnxEnvironment, type OnnxRuntime } from './onnx-runtime.ts';
import type { Backend } from './types.ts';
import { loadWasm } from './wasm.ts';

let loaded: Promise<Backend> | undefined;
let library: unknown;

/** The library's binding, once it is loaded. */
export const onnxBinding = (): unknown => library;

export function loadOnnx(runtime: OnnxRuntime): Promise<Backend> {
  return (loaded ??= load(runtime));
}

async function load(runtime: OnnxRuntime): Promise<Backend> {
  Object.assign(process.env, onnxEnvironment());
  library = createRequire(import.meta.url)(runtime.binding);
  await loadWasm(1);
  const { version } = runtime;
  return { kind: 'onnx', name: nameOfOnnx(runtime), version, replayable: true, binding: library };
}
