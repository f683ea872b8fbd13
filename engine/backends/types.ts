/** What a backend is, and how one is chosen. */
import type { NativeTensorFlow } from './environment.ts';

export type BackendKind = 'native' | 'wasm' | 'cpu';

export interface Backend {
  kind: BackendKind;
  /** For people and provenance: 'tensorflow 2.21.0 cpu', 'wasm 4.22.0', 'cpu 4.22.0'. */
  name: string;
  version: string;
  /** A recorded function can be replayed as one TensorFlow graph, through `binding`. */
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
