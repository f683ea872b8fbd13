import type { Binding, HostValues } from '../binding.ts';
import { DT, type TensorType } from '../graph.ts';
import { infer, type Known } from './infer.ts';

/**
 * A binding for tfjs-node's kernels that computes nothing: it knows the shape and type of what each op of TensorFlow
 * would give. Asked for values that it has not, it gives zeros; whoever records notices that somebody looked.
 */
export function shapesBinding(): Binding {
  const tensors = new Map<number, Known>();
  let last = 0;
  function add(known: Known): number {
    tensors.set(++last, known);
    return last;
  }
  function knownOf(id: number): Known {
    const known = tensors.get(id);
    if (known === undefined) throw new Error(`tensor ${id} has been disposed of`);
    return known;
  }
  return {
    createTensor: (shape, dtype, values) =>
      add({ shape: [...shape], dtype, ...(ArrayBuffer.isView(values) && { values }) }),
    deleteTensor: (id) => void tensors.delete(id),
    tensorDataSync(id) {
      const { values, ...type } = knownOf(id);
      return values ?? zerosOf(type);
    },
    executeOp: (op, attributes, inputs, outputCount) =>
      infer(op, attributes, inputs.map(knownOf), outputCount).map(({ dtype, shape }) => ({
        id: add({ dtype, shape }),
        dtype,
        shape: [...shape],
      })),
    isUsingGpuDevice: () => false,
    ...NUMBERS,
  };
}

function zerosOf({ dtype, shape }: TensorType): HostValues {
  const size = shape.reduce((product, length) => product * length, 1);
  return dtype === DT.float ? new Float32Array(size) : dtype === DT.int32 ? new Int32Array(size) : new Uint8Array(size);
}

/** TensorFlow's own, of its types and kinds of attributes. */
const NUMBERS = {
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  TF_FLOAT: DT.float,
  TF_INT32: DT.int32,
  TF_INT64: DT.int64,
  TF_BOOL: DT.bool,
  TF_COMPLEX64: DT.complex64,
  TF_STRING: DT.string,
};
