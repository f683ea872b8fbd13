/** Which TensorFlow runs here: TensorFlow's own C library, WebAssembly, or plain JavaScript. */
// The union package registers every gradient (and the cpu backend) with the one tfjs-core that all of models/ imports.
import '@tensorflow/tfjs';
import { loadCpu } from './cpu.ts';
import { loadNative } from './native.ts';
import type { NativeTensorFlow } from './environment.ts';
import { loadWasm } from './wasm.ts';

export type BackendKind = 'native' | 'wasm' | 'cpu';

export interface Backend {
  kind: BackendKind;
  /** For people and provenance: 'tensorflow 2.21.0 cpu', 'wasm 4.22.0', 'cpu 4.22.0'. */
  name: string;
  version: string;
  /** A recorded training step can be replayed as one TensorFlow graph, through `binding`. */
  replayable: boolean;
  /** tfjs-node's N-API binding. */
  binding?: unknown;
}

export interface BackendChoice {
  kind: BackendKind;
  /** Where the native library is; needed for kind 'native'. */
  native?: NativeTensorFlow | undefined;
  /** Threads per operation and between operations. 1 makes results bit-reproducible. */
  threads?: number;
}

/** Loads, registers and selects the backend on the one tfjs-core that models/ imports. Once per process for each kind. */
export function loadBackend({ kind, native, threads = 1 }: BackendChoice): Promise<Backend> {
  switch (kind) {
    case 'native':
      if (!native) return Promise.reject(new Error('The native backend needs to know where its library is: pass `native`.'));
      return loadNative(native, threads);
    case 'wasm':
      return loadWasm(threads);
    case 'cpu':
      return loadCpu();
  }
}

export type { NativeTensorFlow } from './environment.ts';
