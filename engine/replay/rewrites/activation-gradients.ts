import { numberOf, sameType, typeOf, valueOf, type Graph, type Node, type Value } from '../graph.ts';
import { transform } from './transform.ts';

/**
 * TensorFlow's own gradients of tanh and σ, one op each, for what tfjs spells out:
 *
 *   (1 − y²) dy       Sub, Square, Mul    TanhGrad(y, dy)
 *   dy (y (1 − y))    Sub, Mul, Mul       SigmoidGrad(y, dy)
 */
export function fuseActivationGradients(graph: Graph): Graph {
  return transform(graph, (node) => {
    const [left, right] = node.inputs;
    if (node.op !== 'Mul' || !left || !right) return undefined;
    return (
      gradient('TanhGrad', node, tanhSlope(left), right) ??
      gradient('TanhGrad', node, tanhSlope(right), left) ??
      gradient('SigmoidGrad', node, sigmoidSlope(right), left) ??
      gradient('SigmoidGrad', node, sigmoidSlope(left), right)
    );
  });
}

function gradient(
  op: string,
  { attributes, outputs: [type] }: Node,
  y: Value | undefined,
  dy: Value,
): Value[] | undefined {
  if (!y || !type || !sameType(typeOf(y), type) || !sameType(typeOf(dy), type)) return undefined;
  return [valueOf({ op, attributes, inputs: [y, dy], outputs: [type] })];
}

/** y of 1 − y² */
function tanhSlope(value: Value): Value | undefined {
  const square = subtractedFromOne(value)?.node;
  return square?.op === 'Square' ? square.inputs[0] : undefined;
}

/** y of y (1 − y) */
function sigmoidSlope({ node }: Value): Value | undefined {
  const [y, rest] = node.inputs;
  if (node.op !== 'Mul' || !y || !rest) return undefined;
  const same = subtractedFromOne(rest);
  return same?.node === y.node && same.index === y.index ? y : undefined;
}

/** x of 1 − x */
function subtractedFromOne({ node }: Value): Value | undefined {
  const [one, x] = node.inputs;
  return node.op === 'Sub' && one && numberOf(one) === 1 ? x : undefined;
}
