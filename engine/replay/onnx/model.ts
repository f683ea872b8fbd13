import type { Graph, Node, TensorType, Value } from '../graph.ts';
import { typeOf } from '../graph.ts';
import { encode } from './ops.ts';
import { writer } from './writer.ts';

export interface Model {
  bytes: Uint8Array;
  /** In the order of the function's inputs and outputs. */
  inputs: readonly (readonly [name: string, type: TensorType])[];
  outputs: readonly (readonly [name: string, type: TensorType])[];
}

/** A graph as an ONNX model; throws if there is no ONNX for one of its ops. Equal graphs give equal bytes. */
export function toOnnx(graph: Graph): Model {
  const model = writer();
  const names = new Map<Node, readonly string[]>();
  const inputs = graph.inputs.map((node, i) => [`in${i}`, typeOf({ node, index: 0 })] as const);
  graph.inputs.forEach((node, i) => names.set(node, [`in${i}`]));

  function nameOf({ node, index }: Value): string {
    // Constants that become attributes are never asked for, and so are not written.
    if (node.op === 'Const' && !names.has(node)) names.set(node, [constantOf(node)]);
    const name = names.get(node)?.[index];
    if (name === undefined) throw new Error(`a ${node.op} is read that is not in the graph`);
    return name;
  }
  function constantOf({ attributes }: Node): string {
    const value = attributes['value'];
    if (value?.kind !== 'tensor') throw new Error('a constant has no value');
    return model.constant(value.value.dtype, value.value.shape, value.value.bytes);
  }
  for (const node of graph.nodes) {
    if (node.op !== 'Const' && node.op !== 'Placeholder')
      names.set(node, encode(node, { writer: model, name: nameOf }));
  }
  const outputs = graph.outputs.map((value, i) => [`out${i}`, nameOf(value), typeOf(value)] as const);
  return {
    bytes: model.finish(inputs, outputs),
    inputs,
    outputs: outputs.map(([name, , type]) => [name, type] as const),
  };
}
