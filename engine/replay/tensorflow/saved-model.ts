/**
 * A graph as a TensorFlow SavedModel. Field numbers are those of
 * tensorflow/core/protobuf/{saved_model,meta_graph}.proto and
 * tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto.
 */
import type { Attribute, Graph, Node, TensorType, Value } from '../graph.ts';
import { bytes, float, integer, join, message, text, type Message } from '../protobuf.ts';

/** What loadSavedModel asks for. */
export const TAG = 'serve';
/** The version of GraphDef that is written: that of TensorFlow 2.9 (1087), which every later release reads. */
const PRODUCER = 1087;

export interface SavedModel {
  bytes: Message;
  /** Names to feed and to fetch, in the order of the function's inputs and outputs. */
  inputs: string[];
  outputs: string[];
}

/**
 * Nodes are named by their place in the order, so equal graphs give equal bytes in every process. Grappler sorts what
 * an op adds up by name: names of equal length keep the order, whatever the number of nodes before them.
 */
export function toSavedModel(graph: Graph): SavedModel {
  const names = new Map(graph.nodes.map((node, i) => [node, `n${String(i).padStart(8, '0')}`]));
  const nameOf = (node: Node): string => {
    const name = names.get(node);
    if (name === undefined) throw new Error(`a ${node.op} is read that is not in the graph`);
    return name;
  };
  const reference = ({ node, index }: Value): string => (index === 0 ? nameOf(node) : `${nameOf(node)}:${index}`);

  // An input cannot be fetched, nor one output be fetched twice: each output is an Identity of its own.
  const outputs = graph.outputs.map((value, i) =>
    nodeDef(`out${i}`, 'Identity', [reference(value)], {}, value.node.outputs[value.index]),
  );
  const graphDef = join(
    ...graph.nodes.map((node) =>
      message(1, nodeDef(nameOf(node), node.op, node.inputs.map(reference), node.attributes)),
    ),
    ...outputs.map((node) => message(1, node)),
    message(4, integer(1, PRODUCER)),
  );
  const metaGraph = join(message(1, text(4, TAG)), message(2, graphDef));
  return {
    bytes: join(integer(1, 1), message(2, metaGraph)),
    inputs: graph.inputs.map(nameOf),
    outputs: graph.outputs.map((_, i) => `out${i}`),
  };
}

function nodeDef(
  name: string,
  op: string,
  inputs: readonly string[],
  attributes: Node['attributes'],
  type?: TensorType,
): Message {
  const all = type ? { ...attributes, T: { kind: 'type', value: type.dtype } as const } : attributes;
  return join(
    text(1, name),
    text(2, op),
    ...inputs.map((input) => text(3, input)),
    ...Object.entries(all).map(([key, attribute]) => message(5, text(1, key), message(2, attributeValue(attribute)))),
  );
}

function attributeValue(attribute: Attribute): Message {
  switch (attribute.kind) {
    case 'type':
      return integer(6, attribute.value);
    case 'string':
      return text(2, attribute.value);
    case 'shape':
      return message(7, shape(attribute.value));
    case 'int':
      return oneOrList(attribute.value, 3, integer);
    case 'float':
      return oneOrList(attribute.value, 4, float);
    case 'bool':
      return oneOrList(attribute.value, 5, integer);
    case 'tensor':
      return message(
        8,
        integer(1, attribute.value.dtype),
        message(2, shape(attribute.value.shape)),
        bytes(4, attribute.value.bytes),
      );
  }
}

/** AttrValue and its ListValue number the same kinds alike. */
function oneOrList<T>(value: T | readonly T[], field: number, encode: (field: number, value: T) => Message): Message {
  return isList(value) ? message(1, ...value.map((item) => encode(field, item))) : encode(field, value);
}
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

const shape = (sizes: readonly number[]): Message => join(...sizes.map((size) => message(2, integer(1, size))));
