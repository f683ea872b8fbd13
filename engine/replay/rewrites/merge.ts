import type { Graph, Node, Value } from '../graph.ts';
import { transform } from './transform.ts';

/**
 * One node for all that compute the same: the same op with the same attributes on the same inputs, or equal constants.
 */
export function mergeDuplicates(graph: Graph): Graph {
  const numbers = new Map<Node, number>();
  const seen = new Map<string, Node>();
  const nameOf = ({ node, index }: Value): string => `${numbers.get(node)}:${index}`;
  return transform(graph, (node) => {
    if (node.op === 'Placeholder') return void numbers.set(node, numbers.size);
    const attributes = Object.entries(node.attributes).map(([name, { kind, value }]) => [
      name,
      kind === 'tensor' ? [value.dtype, value.shape, Buffer.from(value.bytes).toString('base64')] : value,
    ]);
    const key = JSON.stringify([node.op, attributes, node.inputs.map(nameOf)]);
    const first = seen.get(key);
    if (first !== undefined) return first.outputs.map((_, index) => ({ node: first, index }));
    seen.set(key, node);
    numbers.set(node, numbers.size);
    return undefined;
  });
}
