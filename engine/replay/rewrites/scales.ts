import { DT, typeOf, valueOf, type Graph, type Node, type Value } from '../graph.ts';
import { readers } from './match.ts';
import { transform } from './transform.ts';

/**
 * A tensor times two numbers, one after the other, is the tensor times their product: (x a) b = x (a b). A gradient
 * that is clipped by its norm and scaled by a rate gets one factor. Grappler does so too, but not in all graphs alike,
 * and lanes must compute what one alone computes.
 */
export function joinScales(graph: Graph): Graph {
  const counts = readers(graph);
  return transform(graph, (node, old) => {
    const outer = scaled(node);
    const inner =
      outer && counts.get(old.inputs[node.inputs.indexOf(outer.tensor)]?.node as Node) === 1
        ? scaled(outer.tensor.node)
        : undefined;
    if (!outer || !inner) return undefined;
    const factor = valueOf({ ...node, inputs: [inner.by, outer.by], outputs: [typeOf(outer.by)] });
    return [valueOf({ ...node, inputs: [inner.tensor, factor] })];
  });
}

/** x and a of x a, where x is a tensor and a is a number. */
function scaled({ op, inputs: [a, b] }: Node): { tensor: Value; by: Value } | undefined {
  if (op !== 'Mul' || !a || !b || typeOf(a).dtype !== DT.float) return undefined;
  const [first, second] = [typeOf(a).shape.length, typeOf(b).shape.length];
  if (first > 0 && second === 0) return { tensor: a, by: b };
  return first === 0 && second > 0 ? { tensor: b, by: a } : undefined;
}
