import { sameType, typeOf, type Graph } from '../graph.ts';
import { transform } from './transform.ts';

const shapeChanging = new Set(['Cast', 'Reshape', 'Identity']);

/**
 * Takes out casts to the type and reshapes to the shape that a tensor has already: tfjs's gradients are full of them.
 */
export function dropIdentities(graph: Graph): Graph {
  return transform(graph, ({ op, inputs: [input], outputs: [output] }) =>
    shapeChanging.has(op) && input && output && sameType(typeOf(input), output) ? [input] : undefined,
  );
}
