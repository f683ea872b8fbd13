import { valueOf, type Graph, type Node, type Value } from '../graph.ts';
import { concat, product, rows, sum } from './build.ts';
import { productOf, readers, terms } from './match.ts';
import { transform } from './transform.ts';

/** Σ_t a[t]ᵀ d[t], in the order in which the d[t] are computed. */
interface Sum { root: Node; a: Value[]; d: Value[] }

/**
 * The gradients of matrices that were multiplied from the same results d[t], as those of a recurrent layer are, at once:
 *
 *   Σ_t x[t]ᵀ d[t],  Σ_t h[t]ᵀ d[t],  Σ_t 1ᵀ d[t]  =  the rows of  Σ_t [x[t] h[t] 1]ᵀ d[t]
 *
 * The forward pass has made [x[t] h[t] 1] already (join-products.ts).
 */
export function joinGradients(graph: Graph): Graph {
  const position = new Map(graph.nodes.map((node, i) => [node, i]));
  const keyOf = (values: readonly Value[]): string => values.map(({ node, index }) => `${position.get(node)}:${index}`).join();
  const setOf = (values: readonly Value[]): string => keyOf(values).split(',').sort().join();

  const groups = new Map<string, Sum[]>();
  for (const found of sumsOfProducts(graph, position)) {
    const key = keyOf(found.d);
    groups.set(key, [...groups.get(key) ?? [], found]);
  }
  const sideBySide = new Map(graph.nodes.filter(({ op }) => op === 'ConcatV2').map(({ inputs }) => [setOf(inputs.slice(0, -1)), inputs]));

  const replaced = new Map<Node, readonly Value[]>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const steps = (group[0] as Sum).d.map((d, t) => ({ d, left: group.map(({ a }) => a[t] as Value) }));
    // In the forward pass's order, if it has one: then its concatenation serves here too.
    const made = steps.map(({ left }) => sideBySide.get(setOf(left))).findIndex((inputs) => inputs !== undefined);
    const at = (made < 0 ? [] : sideBySide.get(setOf(steps[made]?.left ?? [])) ?? []).map((value) => keyOf([value]));
    const place = (i: number): number => at.indexOf(keyOf([steps[made]?.left[i] as Value]));
    const order = made < 0 ? group.map((_, i) => i) : group.map((_, i) => i).sort((i, j) => place(i) - place(j));

    const total = steps.map(({ d, left }) => product(concat(order.map((i) => left[i] as Value), 1), d, { transposeA: true })).reduce(sum);
    let first = 0;
    for (const i of order) {
      const { root } = group[i] as Sum;
      const count = root.outputs[0]?.shape[0] ?? 0;
      replaced.set(root, [rows(total, first, count)]);
      first += count;
    }
  }
  return transform(graph, (_, old) => replaced.get(old));
}

/** Every sum of products with a transposed left factor that is no part of a larger one, and every such product alone. */
function sumsOfProducts(graph: Graph, position: ReadonlyMap<Node, number>): Sum[] {
  const counts = readers(graph);
  const within = new Set<Node>();
  const found: Sum[] = [];
  for (const root of graph.nodes.toReversed()) {
    if (within.has(root) || (root.op !== 'Add' && !productOf(valueOf(root)))) continue;
    const between: Node[] = [];
    const parts = root.op === 'Add' ? terms(root, ({ node }) => between.push(node) > 0 && counts.get(node) === 1) : [valueOf(root)];
    const factors = parts?.map((part) => productOf(part)) ?? [];
    if (!factors.every((f) => f !== undefined && f.transposeA && !f.transposeB) || factors.length === 0) continue;
    between.forEach((node) => within.add(node));
    const ordered = (factors as { a: Value; b: Value }[]).sort((p, q) => (position.get(p.b.node) ?? 0) - (position.get(q.b.node) ?? 0));
    found.push({ root, a: ordered.map(({ a }) => a), d: ordered.map(({ b }) => b) });
  }
  return found.reverse();
}
