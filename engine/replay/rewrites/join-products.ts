import { sameShape, typeOf, type Graph } from '../graph.ts';
import { concat, floats, product, reshape } from './build.ts';
import { productOf, readers, terms } from './match.ts';
import { transform } from './transform.ts';

/** A recurrence adds two or three. Long sums are those of gradients over time, and there is one at every step. */
const MOST_TERMS = 8;

/**
 * A sum of matrix products is one product of matrices side by side, and a bias is one more row for an input of
 * ones:
 *
 *   x W + h R + b  =  [x h 1] [W; R; b]
 *
 * One product instead of two, and none of the passes over memory that additions are.
 */
export function joinProducts(graph: Graph): Graph {
  const counts = readers(graph);
  return transform(graph, (node, old) => {
    if (node.op !== 'Add' || !terms(old, ({ node: inner }) => counts.get(inner) === 1, MOST_TERMS)) return undefined;
    const [rows = 0, columns = 0] = node.outputs[0]?.shape ?? [];
    const parts = terms(node, () => true) ?? [];
    const products = parts.flatMap((part) => productOf(part) ?? []);
    const biases = parts.filter((part) => !productOf(part));
    const fits =
      products.length >= 2 &&
      products.every(({ transposeA, transposeB }) => !transposeA && !transposeB) &&
      biases.length <= 1 &&
      biases.every((bias) => sameShape(typeOf(bias).shape, [columns]));
    if (!fits) return undefined;
    const left = [...products.map(({ a }) => a), ...biases.map(() => floats([rows, 1], 1))];
    const right = [...products.map(({ b }) => b), ...biases.map((bias) => reshape(bias, [1, columns]))];
    return [product(concat(left, 1), concat(right, 0))];
  });
}
