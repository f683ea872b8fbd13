import type { Graph, Node } from '../graph.ts';

/** Leaves out what no output depends on. Inputs stay. */
export function prune(graph: Graph): Graph {
  const needed = new Set<Node>([...graph.inputs, ...graph.outputs.map(({ node }) => node)]);
  for (const node of graph.nodes.toReversed()) {
    if (needed.has(node)) for (const input of node.inputs) needed.add(input.node);
  }
  return { ...graph, nodes: graph.nodes.filter((node) => needed.has(node)) };
}
