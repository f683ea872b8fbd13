import { numberOf, sameShape, typeOf, valueOf, type Graph, type Node, type Value } from '../graph.ts';
import { floats } from './build.ts';
import { isFloat, productOf } from './match.ts';
import { transform } from './transform.ts';

/** Zero where any of the operands is. */
const PRODUCTS = new Set(['Mul', 'TanhGrad', 'SigmoidGrad']);

/**
 * A network's first state is zero, and so is what it is multiplied by: 0 R = 0, x + 0 = x. The first time step has no
 * recurrent product, forward or back. (What is not finite counts as a number here: 0 ∞ = 0. A network with such a weight has
 * diverged, and shows it at its second step.)
 */
export function dropZeros(graph: Graph): Graph {
  return transform(graph, (node) => {
    if (!isFloat(node) || node.outputs.length !== 1) return undefined;
    if (isZeroProduct(node)) return [floats(typeOf(valueOf(node)).shape, 0)];
    return node.op === 'Add' ? withoutZero(node) : undefined;
  });
}

const isZero = (value: Value): boolean => numberOf(value) === 0;

function isZeroProduct(node: Node): boolean {
  const factors = productOf(valueOf(node));
  return factors ? isZero(factors.a) || isZero(factors.b) : PRODUCTS.has(node.op) && node.inputs.some(isZero);
}

/** The other term, if it is of the sum's shape. */
function withoutZero(node: Node): Value[] | undefined {
  const { shape } = typeOf(valueOf(node));
  const rest = node.inputs.filter((term) => !isZero(term));
  const [only] = rest;
  return rest.length === 1 && only && sameShape(typeOf(only).shape, shape) ? [only] : undefined;
}
