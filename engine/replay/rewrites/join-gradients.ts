import { valueOf, type Graph, type Node, type Value } from '../graph.ts';
import { concat, product, rows, sum } from './build.ts';
import { productOf, readers, terms } from './match.ts';
import { transform } from './transform.ts';

/** Σ_t a[t]ᵀ d[t], in the order in which the d[t] are computed. */
interface Sum {
  root: Node;
  a: Value[];
  d: Value[];
}

/** Steps whose d[t] are read by the same sums, which have `left` for it, in the sums' order. */
interface Shared {
  sums: readonly Sum[];
  steps: { d: Value; left: Value[] }[];
}

/**
 * The gradients of matrices that were multiplied from the same results d[t], as those of a recurrence are, at
 * once:
 *
 *   Σ_t x[t]ᵀ d[t],  Σ_t h[t]ᵀ d[t],  Σ_t 1ᵀ d[t]  =  the rows of  Σ_t [x[t] h[t] 1]ᵀ d[t]
 *
 * The forward pass has made [x[t] h[t] 1] already (join-products.ts). A first step whose h is zero has no part in the
 * second sum (zeros.ts); it is joined apart, [x[0] 1]ᵀ d[0], and added.
 */
export function joinGradients(graph: Graph): Graph {
  const position = new Map(graph.nodes.map((node, i) => [node, i]));
  const keyOf = ({ node, index }: Value): string => `${position.get(node)}:${index}`;
  const setOf = (values: readonly Value[]): string => values.map(keyOf).sort().join();
  const sideBySide = new Map(
    graph.nodes.filter(({ op }) => op === 'ConcatV2').map(({ inputs }) => [setOf(inputs.slice(0, -1)), inputs]),
  );

  /**
   * Which factor comes first, second, …: as in the forward pass, if it has them side by side, so that its matrix serves
   * here too.
   */
  function orderOf({ sums, steps }: Shared): number[] {
    const step = steps.find(({ left }) => sideBySide.has(setOf(left)));
    const forward = sideBySide.get(setOf(step?.left ?? []))?.map(keyOf);
    const place = (i: number): number => forward?.indexOf(keyOf(step?.left[i] as Value)) ?? i;
    return sums.map((_, i) => i).sort((i, j) => place(i) - place(j));
  }

  const groups = sharedSteps(sumsOfProducts(graph, position), keyOf);
  const joined = new Set(groups.filter(({ sums }) => sums.length > 1).flatMap(({ sums }) => sums));
  const parts = new Map<Node, Value[]>();
  for (const group of groups.filter(({ sums }) => sums.some((part) => joined.has(part)))) {
    const order = orderOf(group);
    const total = group.steps
      .map(({ d, left }) => product(sideways(order.map((i) => left[i] as Value)), d, { transposeA: true }))
      .reduce(sum);
    let first = 0;
    for (const { root } of order.map((i) => group.sums[i] as Sum)) {
      const count = root.outputs[0]?.shape[0] ?? 0;
      parts.set(root, [...(parts.get(root) ?? []), order.length > 1 ? rows(total, first, count) : total]);
      first += count;
    }
  }
  return transform(graph, (_, old) => {
    const found = parts.get(old);
    return found && [found.reduce(sum)];
  });
}

const sideways = (matrices: readonly Value[]): Value =>
  matrices.length > 1 ? concat(matrices, 1) : (matrices[0] as Value);

function sharedSteps(sums: readonly Sum[], keyOf: (value: Value) => string): Shared[] {
  const steps = new Map<string, { d: Value; readers: number[]; left: Value[] }>();
  sums.forEach(({ a, d }, i) =>
    d.forEach((value, t) => {
      const step = steps.get(keyOf(value)) ?? { d: value, readers: [], left: [] };
      steps.set(keyOf(value), { d: value, readers: [...step.readers, i], left: [...step.left, a[t] as Value] });
    }),
  );
  const groups = new Map<string, Shared>();
  for (const { d, readers, left } of steps.values()) {
    const group = groups.get(readers.join()) ?? { sums: readers.map((i) => sums[i] as Sum), steps: [] };
    group.steps.push({ d, left });
    groups.set(readers.join(), group);
  }
  return [...groups.values()];
}

/**
 * Every sum of products with a transposed left factor that is no part of a larger one, and every such product alone.
 */
function sumsOfProducts(graph: Graph, position: ReadonlyMap<Node, number>): Sum[] {
  const counts = readers(graph);
  const within = new Set<Node>();
  const found: Sum[] = [];
  for (const root of graph.nodes.toReversed()) {
    if (within.has(root) || (root.op !== 'Add' && !productOf(valueOf(root)))) continue;
    const between: Node[] = [];
    const parts =
      root.op === 'Add' ? terms(root, ({ node }) => between.push(node) > 0 && counts.get(node) === 1) : [valueOf(root)];
    const factors = parts?.map((part) => productOf(part)) ?? [];
    if (!factors.every((f) => f !== undefined && f.transposeA && !f.transposeB) || factors.length === 0) continue;
    between.forEach((node) => within.add(node));
    const ordered = (factors as { a: Value; b: Value }[]).sort(
      (p, q) => (position.get(p.b.node) ?? 0) - (position.get(q.b.node) ?? 0),
    );
    found.push({ root, a: ordered.map(({ a }) => a), d: ordered.map(({ b }) => b) });
  }
  return found.reverse();
}
