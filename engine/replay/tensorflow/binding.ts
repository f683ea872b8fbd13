/** tfjs-node's backend and its binding, over TensorFlow's C library: what is used of them here. */
import { backend, type Tensor } from '@tensorflow/tfjs-core';
import type { Binding, Handle, KernelBackend } from '../binding.ts';

export interface TensorFlowBinding extends Binding {
  /** The id of a session with its graph. */
  loadSavedModel(folder: string, tags: string): number;
  /** Names joined by commas. A name must not begin with a digit: the binding would read it as an output's number. */
  runSavedModel(model: number, inputs: number[], inputNames: string, outputNames: string): Handle[];
  deleteSavedModel(model: number): void;
  getNumOfSavedModels(): number;
  getNumOfTensors(): number;
}

export interface NativeBackend extends KernelBackend {
  binding: TensorFlowBinding;
  createOutputTensor(handle: Handle): Tensor;
}

/** The backend in use, if it is tfjs-node's. */
export function nativeBackend(): NativeBackend | undefined {
  const current: object = backend();
  const isNative = (candidate: object): candidate is NativeBackend =>
    'binding' in candidate && 'getInputTensorIds' in candidate;
  return isNative(current) ? current : undefined;
}
