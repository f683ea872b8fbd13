/** onnxruntime-node's N-API binding without its promises: what is used of it here. Calls return when they are done. */
import { onnxBinding } from '../../backends/onnx.ts';

/** A tensor in JavaScript's memory, or WebAssembly's. */
export interface OnnxTensor {
  type: string;
  dims: readonly number[];
  data: ArrayBufferView;
  location: 'cpu';
}

export interface InferenceSession {
  loadModel(model: ArrayBufferLike, offset: number, length: number, options: object): void;
  /** By name: what is given, and where the results go. */
  run(given: Record<string, OnnxTensor>, results: Record<string, OnnxTensor>, options: object): void;
  dispose(): void;
}

export interface OnnxBinding {
  InferenceSession: new () => InferenceSession;
  initOrtOnce(logLevel: number, tensor: unknown, isMainThread: boolean): void;
}

const ERRORS = 3;
let ready: OnnxBinding | undefined;

/** The library, if it is loaded. */
export function onnxRuntime(): OnnxBinding | undefined {
  if (ready === undefined) {
    const binding = onnxBinding() as OnnxBinding | undefined;
    binding?.initOrtOnce(ERRORS, Unused, true);
    ready = binding;
  }
  return ready;
}

/** What the binding makes of each result, beside the place that it was given: nobody looks at it. */
function Unused(): void {}
