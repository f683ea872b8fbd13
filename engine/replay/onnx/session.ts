import { engine, type DataType, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { DT, type Graph, type TensorType } from '../graph.ts';
import { sharedSessions } from '../sessions.ts';
import type { Session } from '../types.ts';
import type { InferenceSession, OnnxBinding, OnnxTensor } from './binding.ts';
import { toOnnx } from './model.ts';

/**
 * One thread, one op after the other: the same bits in every process. Its own rewrites would not be the same with and
 * without lanes; ours are.
 */
const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'disabled',
  logSeverityLevel: 3,
  extra: {
    // A matrix that is constant would be multiplied by another kernel.
    session: { disable_prepacking: '1' },
    // Arm's own kernels, which only some of its processors have.
    mlas: { disable_kleidiai: '1' },
  },
};

export const sessions = sharedSessions<InferenceSession>((session) => session.dispose());

/**
 * Tensors are read and written where WebAssembly has them. Throws what ONNX Runtime says if it does not take the graph.
 */
export function openSession({ InferenceSession }: OnnxBinding, graph: Graph): Session {
  const model = toOnnx(graph);
  const { loaded, giveBack } = sessions.take(model.bytes, () => {
    const session = new InferenceSession();
    const own = Uint8Array.from(model.bytes);
    session.loadModel(own.buffer, 0, own.byteLength, OPTIONS);
    return session;
  });
  const given = model.inputs.map(([, type]) => tensorOf(type));
  const results = model.outputs.map(([, type]) => tensorOf(type));
  const givenByName = Object.fromEntries(model.inputs.map(([name], i) => [name, given[i] as OnnxTensor]));
  const resultsByName = Object.fromEntries(model.outputs.map(([name], i) => [name, results[i] as OnnxTensor]));

  return {
    run(tensors) {
      const wasm = engine().backend as BackendWasm;
      const made = model.outputs.map(([, { dtype, shape }]) => wasm.makeOutput([...shape], dtypeOf(dtype)));
      // Not before: its memory moves when it grows.
      place(wasm, tensors, given);
      place(wasm, made, results);
      loaded.run(givenByName, resultsByName, {});
      return made.map((info): Tensor => engine().makeTensorFromTensorInfo(info));
    },
    dispose: giveBack,
  };
}

function place(wasm: BackendWasm, from: readonly TensorInfo[], to: readonly OnnxTensor[]): void {
  from.forEach((info, i) => ((to[i] as OnnxTensor).data = wasm.typedArrayFromHeap(info)));
}

const dtypeOf = (dtype: number): DataType => (dtype === DT.float ? 'float32' : dtype === DT.int32 ? 'int32' : 'bool');
const tensorOf = ({ dtype, shape }: TensorType): OnnxTensor => ({
  type: dtypeOf(dtype),
  dims: shape,
  data: new Float32Array(),
  location: 'cpu',
});
