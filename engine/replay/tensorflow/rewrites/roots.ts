import { typeOf, valueOf, type Graph } from '../../graph.ts';
import { transform } from '../../rewrites/transform.ts';

/**
 * x / √y = x · (1 / √y), which is one op. Grappler does so too, but only where it sees both, and lanes must compute
 * what one alone computes.
 */
export function reciprocalRoots(graph: Graph): Graph {
  return transform(graph, (node) => {
    const [x, root] = node.inputs;
    if (node.op !== 'RealDiv' || !x || root?.node.op !== 'Sqrt') return undefined;
    const reciprocal = valueOf({ ...root.node, op: 'Rsqrt', outputs: [typeOf(root)] });
    return [valueOf({ ...node, op: 'Mul', inputs: [x, reciprocal] })];
  });
}
