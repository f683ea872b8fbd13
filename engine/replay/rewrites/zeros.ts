import { numberOf, sameShape, typeOf, valueOf, type Graph, type Node, type Value } from '../graph.ts';
import { floats } from './build.ts';
import { isFloat, productOf } from './match.ts';
import { transform } from './transform.ts';

/** Gradients of activations: (y, dy) -> dy f(y). Zero where dy is; f(0) need not be. */
const GRADIENTS = new Set(['TanhGrad', 'SigmoidGrad']);

/**
 * A recurrence that starts from zeros multiplies them first: 0 R = 0, x + 0 = x. Its first time step has no recurrent
 * product, forward or back. (What is not finite counts as a number here: 0 ∞ = 0. An R that is not finite shows at the
 * second step.)
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
  if (node.op === 'Mul' || productOf(valueOf(node))) return node.inputs.some(isZero);
  const [, dy] = node.inputs;
  return GRADIENTS.has(node.op) && dy !== undefined && isZero(dy);
}

/** The other term, if it is of the sum's shape. */
function withoutZero(node: Node): Value[] | undefined {
  const { shape } = typeOf(valueOf(node));
  const rest = node.inputs.filter((term) => !isZero(term));
  const [only] = rest;
  return rest.length === 1 && only && sameShape(typeOf(only).shape, shape) ? [only] : undefined;
}
