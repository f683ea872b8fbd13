import type { Graph, Value } from '../graph.ts';
import { opaque, product, transposed } from './build.ts';
import { productOf } from './match.ts';
import { transform } from './transform.ts';

/** Products that a transposition pays for: it costs about as much as it saves in two. */
const WORTH = 4;

/**
 * Multiplying by a transposed matrix takes TensorFlow's CPU kernel half as long again as by a matrix that lies in
 * memory as it is read. A matrix that is multiplied transposed at every time step, as one that carries gradients
 * back through time is, is transposed once.
 */
export function transposeOnce(graph: Graph): Graph {
  const uses = new Map<string, number>();
  const position = new Map(graph.nodes.map((node, i) => [node, i]));
  const keyOf = ({ node, index }: Value): string => `${position.get(node)}:${index}`;
  const factorsOf = (value: Value) => {
    const factors = productOf(value);
    return factors && factors.transposeB && !factors.transposeA ? factors : undefined;
  };
  for (const node of graph.nodes) {
    const factors = factorsOf({ node, index: 0 });
    if (factors) uses.set(keyOf(factors.b), (uses.get(keyOf(factors.b)) ?? 0) + 1);
  }
  const made = new Map<string, Value>();
  return transform(graph, (node, old) => {
    const before = factorsOf({ node: old, index: 0 });
    const now = factorsOf({ node, index: 0 });
    if (!before || !now || (uses.get(keyOf(before.b)) ?? 0) < WORTH) return undefined;
    const key = keyOf(before.b);
    const matrix = made.get(key) ?? opaque(transposed(now.b));
    made.set(key, matrix);
    return [product(now.a, matrix)];
  });
}
