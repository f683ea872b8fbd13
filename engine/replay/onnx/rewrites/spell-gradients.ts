import { numberOf, typeOf, valueOf, type Graph, type Node, type Value } from '../../graph.ts';
import { floats } from '../../rewrites/build.ts';
import { transform } from '../../rewrites/transform.ts';

/**
 * The gradients of tanh and σ, for which ONNX Runtime has no op, in as few passes over memory as can be. An activation
 * y that is multiplied by m, as gates are, has p = y m already, and the gradient d m where p has d:
 *
 *   tanh   (1 − y²) (d m) = d (m − p y)            else (1 − y²) dy
 *   σ      y (1 − y) (d m) = (d p) (1 − y)         else (y − y²) dy, or (dy y) (1 − y) where there is a 1 − y
 */
export function spellGradients(graph: Graph): Graph {
  const known = knownValues();
  return transform(graph, (node) => {
    const [y, dy] = node.inputs as [Value, Value];
    const op = (name: string, a: Value, b: Value): Value =>
      valueOf({ op: name, attributes: node.attributes, inputs: [a, b], outputs: node.outputs });
    if (node.op === 'TanhGrad') return [tanhGradient(y, dy)];
    if (node.op === 'SigmoidGrad') return [sigmoidGradient(y, dy)];
    known.add(node);
    return undefined;

    function tanhGradient(y: Value, dy: Value): Value {
      const gate = known.gate(y, dy);
      if (gate) return op('Mul', gate.d, op('Sub', gate.m, op('Mul', gate.p, y)));
      return op('Mul', op('Sub', one, op('Mul', y, y)), dy);
    }
    function sigmoidGradient(y: Value, dy: Value): Value {
      const gate = known.gate(y, dy);
      const rest = known.rest(y);
      if (gate) return op('Mul', op('Mul', gate.d, gate.p), rest ?? op('Sub', one, y));
      if (rest) return op('Mul', op('Mul', dy, y), rest);
      return op('Mul', op('Sub', y, op('Mul', y, y)), dy);
    }
  });
}

const one = floats([], 1);

/** Products, and differences from 1, that have been computed so far. */
function knownValues() {
  const numbers = new Map<Node, number>();
  const products = new Map<string, Value>();
  const rests = new Map<string, Value>();
  const shapeOf = (value: Value): string => typeOf(value).shape.join();
  function keyOf({ node, index }: Value): string {
    if (!numbers.has(node)) numbers.set(node, numbers.size);
    return `${numbers.get(node)}:${index}`;
  }
  return {
    add(node: Node): void {
      const [a, b] = node.inputs;
      if (!a || !b) return;
      if (node.op === 'Mul') products.set([keyOf(a), keyOf(b)].sort().join(), valueOf(node));
      if (node.op === 'Sub' && numberOf(a) === 1) rests.set(keyOf(b), valueOf(node));
    },
    /** For dy = d m: d, m and y m, if that is known, all of y's shape. */
    gate(y: Value, dy: Value): { d: Value; m: Value; p: Value } | undefined {
      const [first, second] = dy.node.inputs;
      if (dy.node.op !== 'Mul' || !first || !second) return undefined;
      for (const [d, m] of [[first, second] as const, [second, first] as const]) {
        const p = products.get([keyOf(y), keyOf(m)].sort().join());
        if (p && [d, m, p].every((value) => shapeOf(value) === shapeOf(y))) return { d, m, p };
      }
      return undefined;
    },
    /** 1 − y */
    rest(y: Value): Value | undefined {
      const found = rests.get(keyOf(y));
      return found && shapeOf(found) === shapeOf(y) ? found : undefined;
    },
  };
}
