/**
 * A computation as data: nodes in an order in which each comes after those it reads. Recording makes one, rewrites turn
 * one into another, and a device encodes one for what runs it. The ops and their attributes are TensorFlow's, which
 * tfjs-node's kernels speak. Nodes are never changed.
 */
import { isDeepStrictEqual } from 'node:util';

/** TensorFlow's numbers for its types of elements. */
export const DT = { float: 1, int32: 3, string: 7, complex64: 8, int64: 9, bool: 10 } as const;

export interface TensorType {
  dtype: number;
  shape: readonly number[];
}

/** An op's attribute, one case for each kind that tfjs passes; `tensor` is the value of a Const. */
export type Attribute =
  | { kind: 'type'; value: number }
  | { kind: 'bool'; value: boolean | readonly boolean[] }
  | { kind: 'int'; value: number | readonly number[] }
  | { kind: 'float'; value: number | readonly number[] }
  | { kind: 'string'; value: string }
  | { kind: 'shape'; value: readonly number[] }
  | { kind: 'tensor'; value: TensorType & { bytes: Uint8Array } };
export type Attributes = Readonly<Record<string, Attribute>>;

/** One TensorFlow op. An input of a graph is a Placeholder, a number known beforehand a Const. */
export interface Node {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Value[];
  /** The types of its outputs, as they were when it ran. */
  readonly outputs: readonly TensorType[];
}

/** One output of a node. */
export interface Value {
  readonly node: Node;
  readonly index: number;
}

export interface Graph {
  readonly nodes: readonly Node[];
  /** The Placeholders among the nodes, in the order of the function's inputs. */
  readonly inputs: readonly Node[];
  readonly outputs: readonly Value[];
}

export const typeOf = ({ node, index }: Value): TensorType => node.outputs[index] as TensorType;

export function placeholder(type: TensorType): Node {
  return {
    op: 'Placeholder',
    inputs: [],
    outputs: [type],
    attributes: { dtype: { kind: 'type', value: type.dtype }, shape: { kind: 'shape', value: type.shape } },
  };
}

export function constant(type: TensorType, bytes: Uint8Array): Node {
  return {
    op: 'Const',
    inputs: [],
    outputs: [type],
    attributes: { dtype: { kind: 'type', value: type.dtype }, value: { kind: 'tensor', value: { ...type, bytes } } },
  };
}

export const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** Whether both run the same ops with the same attributes on the same values, in the same order. */
export const sameGraph = (a: Graph, b: Graph): boolean => isDeepStrictEqual(byPlace(a), byPlace(b));

/** The graph with a node's place in the order wherever the node is read. */
function byPlace({ nodes, outputs }: Graph) {
  const places = new Map(nodes.map((node, i) => [node, i]));
  const read = ({ node, index }: Value) => [places.get(node), index];
  return {
    nodes: nodes.map(({ op, attributes, inputs }) => ({ op, attributes, inputs: inputs.map(read) })),
    outputs: outputs.map(read),
  };
}

/** The first output of a node of one output, as which it is read. */
export const valueOf = (node: Node): Value => ({ node, index: 0 });

/** The value's number if it is one known beforehand: a constant all of whose elements are equal. */
export function numberOf({ node }: Value): number | undefined {
  const value = node.attributes['value'];
  if (node.op !== 'Const' || value?.kind !== 'tensor' || value.value.dtype !== DT.float) return undefined;
  const { bytes } = value.value;
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return numbers.every((x) => x === numbers[0]) ? numbers[0] : undefined;
}
