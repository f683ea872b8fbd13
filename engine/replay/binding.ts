/**
 * The two seams of tfjs-node that recording goes through. Every kernel of its backend ends in one call,
 * `binding.executeOp(op, attributes, input ids, output count)`, and the binding can load and run a SavedModel.
 */
import { backend, type DataId, type DataType, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';

/** A tensor in TensorFlow's memory. Ids count up and are never used twice. */
export interface Handle {
  id: number;
  shape: number[];
  dtype: number;
}

/** What tfjs passes as an op's attribute; `type` is one of the binding's TF_ATTR_ numbers. */
export interface BindingAttribute {
  name: string;
  type: number;
  value: unknown;
}

export type HostValues = Float32Array | Int32Array | Uint8Array;

/** tfjs-node's N-API binding: what is used of it here. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: HostValues | Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): HostValues;
  executeOp(op: string, attributes: BindingAttribute[], inputs: number[], outputCount: number): Handle[];

  /** The id of a session with its graph. */
  loadSavedModel(folder: string, tags: string): number;
  /** Names joined by commas. A name must not begin with a digit: the binding would read it as an output's number. */
  runSavedModel(model: number, inputs: number[], inputNames: string, outputNames: string): Handle[];
  deleteSavedModel(model: number): void;
  getNumOfSavedModels(): number;
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;

  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** tfjs-node's backend: what is used of it here. */
export interface NativeBackend {
  binding: Binding;
  /** Uploads what only JavaScript holds so far. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(handle: Handle): Tensor;
  write(values: HostValues, shape: number[], dtype: DataType): DataId;
}

/** The backend in use, if it is tfjs-node's. */
export function nativeBackend(): NativeBackend | undefined {
  const current: object = backend();
  const isNative = (candidate: object): candidate is NativeBackend =>
    'binding' in candidate && 'getInputTensorIds' in candidate;
  return isNative(current) ? current : undefined;
}
