import type { Graph, Node, Value } from '../graph.ts';

/**
 * What takes the place of a node's outputs, or undefined to leave it as it is. The node's inputs are rewritten already,
 * so a rule sees what earlier replacements have made; `old` is the node as it was in the graph.
 */
export type Rule = (node: Node, old: Node) => readonly Value[] | undefined;

/** Nodes in an order in which each comes after all that it reads. */
export interface Order {
  readonly nodes: Node[];
  place(node: Node): void;
}

export function inOrder(): Order {
  const nodes: Node[] = [];
  const placed = new Set<Node>();
  return {
    nodes,
    /** No recursion: graphs are deep. */
    place(last) {
      const waiting = [last];
      for (let node = waiting.at(-1); node !== undefined; node = waiting.at(-1)) {
        const missing = placed.has(node) ? [] : node.inputs.filter((input) => !placed.has(input.node));
        waiting.push(...missing.map((input) => input.node).reverse());
        if (missing.length > 0) continue;
        waiting.pop();
        if (!placed.has(node)) nodes.push(node);
        placed.add(node);
      }
    },
  };
}

/** Applies the rule to each node, in order. New nodes come to stand where the node stood that they replace. */
export function transform(graph: Graph, rule: Rule): Graph {
  const { nodes, place } = inOrder();
  const replaced = new Map<Node, readonly Value[]>();
  const newValue = (value: Value): Value => replaced.get(value.node)?.[value.index] ?? value;

  for (const old of graph.nodes) {
    const inputs = old.inputs.map(newValue);
    const same = inputs.every((input, i) => input === old.inputs[i]);
    const node = same ? old : { ...old, inputs };
    const values = rule(node, old) ?? node.outputs.map((_, index) => ({ node, index }));
    for (const value of values) place(value.node);
    if (values.some((value) => value.node !== old)) replaced.set(old, values);
  }
  return { ...graph, nodes, outputs: graph.outputs.map(newValue) };
}
