import { sameShape, typeOf, valueOf, type Graph, type Value } from '../../graph.ts';
import { opaque } from '../../rewrites/build.ts';
import { isFloat, readers } from '../../rewrites/match.ts';
import { transform } from '../../rewrites/transform.ts';

const GROUPED = new Set(['Mul', 'Add']);

/**
 * Grappler regroups products, and sums, of tensors of unequal shapes, (x y) v, so that the smaller ones come first: x
 * (y v). It does not in all graphs alike, and lanes must compute what one alone computes. So it does not get to
 * see such groups.
 */
export function keepGroups(graph: Graph): Graph {
  const counts = readers(graph);
  return transform(graph, (node, old) => {
    if (!GROUPED.has(node.op) || !isFloat(node)) return undefined;
    const whole = typeOf(valueOf(node)).shape;
    const isSmaller = (value: Value) => typeOf(value).shape.length > 0 && !sameShape(typeOf(value).shape, whole);
    const inputs = node.inputs.map((input, i) => {
      const grouped = input.node.op === node.op && counts.get(old.inputs[i]?.node ?? old) === 1;
      return grouped && [...node.inputs, ...input.node.inputs].some(isSmaller) ? opaque(input) : input;
    });
    return inputs.some((input, i) => input !== node.inputs[i]) ? [valueOf({ ...node, inputs })] : undefined;
  });
}
