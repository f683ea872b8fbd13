/**
 * The seam that recording goes through. Every kernel of tfjs-node's backend is JavaScript that ends in one call,
 * `binding.executeOp(op, attributes, input ids, output count)`: whoever stands in for the binding sees every op.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** A tensor in the binding's memory. Ids count up and are never used twice. */
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

/** tfjs-node's N-API binding: what its kernels use of it. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: HostValues | Uint8Array[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): HostValues;
  executeOp(op: string, attributes: BindingAttribute[], inputs: number[], outputCount: number): Handle[];
  isUsingGpuDevice(): boolean;

  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** A backend whose kernels are tfjs-node's: what recording uses of it. */
export interface KernelBackend {
  binding: Binding;
  /** Uploads what only JavaScript holds so far. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
}
