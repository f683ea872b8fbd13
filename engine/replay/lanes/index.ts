/**
 * Several runs of one function as one: like JAX's vmap, but of a recording.
 *
 * `lanes(graph, P, rules)` takes and gives every tensor with one more axis in front, of P lanes. Each lane gets the
 * same bits as it would alone. Three forms of a value see to that:
 *
 *   shared     depends on no input: one for all lanes, as in the graph
 *   stacked    [P, …]: what one op does for all lanes
 *   apart      P values: what is done lane by lane
 *
 * An op is done for all lanes at once where one of the device's rules says how, and that no bit changes. For all
 * others, each lane has its own op: slower, and never wrong.
 */
import { placeholder, typeOf, type Graph, type Node, type TensorType, type Value } from '../graph.ts';
import { reshape, stack, unstack } from '../rewrites/build.ts';
import { prune } from '../rewrites/prune.ts';
import { inOrder } from '../rewrites/transform.ts';
import type { LaneRules, Lanes } from './types.ts';

/** A value of the graph as it is with lanes; any of them that has been asked for, and at least one. */
interface Forms {
  shared?: Value;
  stacked?: Value;
  apart?: readonly Value[];
}

/** The graph for `count` lanes of at least two; its inputs and outputs are the graph's, with the lane axis in front. */
export function lanes(graph: Graph, count: number, rules: LaneRules): Graph {
  const { nodes, place } = inOrder();
  const forms = new Map<Node, Forms[]>();
  const formsOf = ({ node, index }: Value): Forms => forms.get(node)?.[index] ?? {};

  function stacked(value: Value, rank?: number): Value {
    const known = formsOf(value);
    known.stacked ??= stack(Array.from({ length: count }, () => known.shared) as [Value, ...Value[]]);
    const { shape } = typeOf(value);
    return rank === undefined || rank <= shape.length
      ? known.stacked
      : reshape(known.stacked, [count, ...Array<number>(rank - shape.length).fill(1), ...shape]);
  }
  function apart(value: Value): readonly Value[] {
    const known = formsOf(value);
    return (known.apart ??= known.shared
      ? Array.from({ length: count }, () => known.shared as Value)
      : unstack(known.stacked as Value));
  }
  const shared = (value: Value) => formsOf(value).shared;
  const broadcast = (value: Value, rank: number) => shared(value) ?? stacked(value, rank);
  const ask: Lanes = { count, shared, stacked, broadcast };

  function laneByLane(node: Node): Forms[] {
    const inputs = node.inputs.map(apart);
    const copies = Array.from(
      { length: count },
      (_, lane): Node => ({ ...node, inputs: inputs.map((values) => values[lane] as Value) }),
    );
    return node.outputs.map((_, index) => {
      const values = copies.map((copy) => ({ node: copy, index }));
      return { apart: values, stacked: stack(values as [Value, ...Value[]]) };
    });
  }
  function formsFor(node: Node): Forms[] {
    if (node.op === 'Placeholder')
      return [{ stacked: { node: placeholder(laned(typeOf({ node, index: 0 }), count)), index: 0 } }];
    if (node.inputs.every(shared)) return node.outputs.map((_, index) => ({ shared: { node, index } }));
    const made = rules[node.op]?.(node, ask);
    return made ? node.outputs.map((_, index) => ({ stacked: { node: made, index } })) : laneByLane(node);
  }

  const inputs = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const found = formsFor(node);
    forms.set(node, found);
    for (const form of found) place((form.shared ?? (form.stacked as Value)).node);
    const [first] = found;
    if (node.op === 'Placeholder' && first?.stacked) inputs.set(node, first.stacked.node);
  }
  const outputs = graph.outputs.map((value) => stacked(value));
  for (const output of outputs) place(output.node);
  return prune({ nodes, inputs: graph.inputs.map((node) => inputs.get(node) as Node), outputs });
}

export const laned = ({ dtype, shape }: TensorType, count: number): TensorType => ({ dtype, shape: [count, ...shape] });
