/** What computes here: TensorFlow's own C library, ONNX Runtime, WebAssembly, or plain JavaScript. */
// The union package registers every gradient (and the cpu backend) with the one tfjs-core that everybody imports.
import '@tensorflow/tfjs';
import { loadCpu } from './cpu.ts';
import { loadNative } from './native.ts';
import { loadOnnx } from './onnx.ts';
import type { Backend, BackendChoice } from './types.ts';
import { loadWasm } from './wasm.ts';

export type * from './types.ts';

/**
 * Loads, registers and selects the backend on the one tfjs-core that everybody imports. Once per process for each kind.
 */
export function loadBackend({ kind, native, onnx, threads = 1 }: BackendChoice): Promise<Backend> {
  switch (kind) {
    case 'native':
      if (!native)
        return Promise.reject(new Error('The native backend needs to know where its library is: pass `native`.'));
      return loadNative(native, threads);
    case 'onnx':
      if (!onnx) return Promise.reject(new Error('The onnx backend needs to know where its library is: pass `onnx`.'));
      return loadOnnx(onnx);
    case 'wasm':
      return loadWasm(threads);
    case 'cpu':
      return loadCpu();
  }
}

export type { NativeTensorFlow } from './environment.ts';
export type { OnnxRuntime } from './onnx-runtime.ts';
