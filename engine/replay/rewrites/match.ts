/** What rewrites look for. */
import { DT, typeOf, type Graph, type Node, type Value } from '../graph.ts';

export interface Product {
  a: Value;
  b: Value;
  transposeA: boolean;
  transposeB: boolean;
}

/** The factors, if the value is a product of two float32 matrices. */
export function productOf({ node }: Value): Product | undefined {
  const {
    op,
    inputs: [a, b],
    attributes: { adj_x: x, adj_y: y },
  } = node;
  if (op !== 'BatchMatMulV2' || !a || !b || !isMatrix(a) || !isMatrix(b)) return undefined;
  return { a, b, transposeA: x?.value === true, transposeB: y?.value === true };
}

/** Of a node that multiplies [m, k] by [k, n], once or several times. */
export function productSize({ inputs: [a], outputs: [type], attributes }: Node): { m: number; k: number; n: number } {
  const [m = 0, n = 0] = type?.shape.slice(-2) ?? [];
  return { m, k: (a && typeOf(a).shape.at(attributes['adj_x']?.value === true ? -2 : -1)) ?? 0, n };
}

export function isMatrix(value: Value): boolean {
  const { dtype, shape } = typeOf(value);
  return dtype === DT.float && shape.length === 2;
}

export const isFloat = (node: Node): boolean => node.outputs[0]?.dtype === DT.float;

/** The whole numbers of a constant. */
export function integersOf({ node }: Value): number[] | undefined {
  const value = node.attributes['value'];
  if (node.op !== 'Const' || value?.kind !== 'tensor' || value.value.dtype !== DT.int32) return undefined;
  const { bytes } = value.value;
  return [...new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))];
}

/** How often each node's outputs are read, by other nodes or as outputs of the graph. */
export function readers(graph: Graph): Map<Node, number> {
  const counts = new Map<Node, number>();
  const read = ({ node }: Value): void => void counts.set(node, (counts.get(node) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(read);
  graph.outputs.forEach(read);
  return counts;
}

/**
 * What a node adds up, through sums of sums, in order; undefined if `goThrough` refuses one of the sums in between or
 * one of the terms that are products, or if there are more than `most` terms.
 */
export function terms(root: Node, goThrough: (value: Value) => boolean, most = Infinity): Value[] | undefined {
  const found: Value[] = [];
  const waiting = [...root.inputs].reverse();
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const isSum = value.node.op === 'Add';
    if ((isSum || productOf(value)) && !goThrough(value)) return undefined;
    if (isSum) waiting.push(...[...value.node.inputs].reverse());
    else found.push(value);
    if (found.length + waiting.length > most) return undefined;
  }
  return found;
}
