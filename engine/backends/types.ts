/** What a backend is, and how one is chosen. */
import type { NativeTensorFlow } from './environment.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';

export type BackendKind = 'native' | 'onnx' | 'wasm' | 'cpu';

export interface Backend {
  kind: BackendKind;
  /** For people and provenance: 'tensorflow 2.21.0 cpu', 'onnxruntime 1.27.0 cpu avx2', 'wasm 4.22.0', 'cpu 4.22.0'. */
  name: string;
  version: string;
  /** A recorded function can be replayed as one graph, through `binding`. */
  replayable: boolean;
  /** The N-API binding of tfjs-node, or of ONNX Runtime. */
  binding?: unknown;
}

export interface BackendChoice {
  kind: BackendKind;
  /** Where the native library is; needed for kind 'native'. */
  native?: NativeTensorFlow | undefined;
  /** Where ONNX Runtime is; needed for kind 'onnx'. */
  onnx?: OnnxRuntime | undefined;
  /** Threads per operation and between operations. 1 makes results bit-reproducible. */
  threads?: number;
}
