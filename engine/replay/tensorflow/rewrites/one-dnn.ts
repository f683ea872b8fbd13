import type { Attribute, Graph, Node } from '../../graph.ts';
import { isFloat, productSize } from '../../rewrites/match.ts';
import { transform } from '../../rewrites/transform.ts';

/**
 * By this label TensorFlow finds oneDNN's kernels, which are there whether or not TF_ENABLE_ONEDNN_OPTS lets it choose
 * them itself.
 */
const KERNEL: Attribute = { kind: 'string', value: 'MklNameChangeOp' };
export const ONE_DNN_PRODUCT = '_MklBatchMatMulV2';

/** Multiplications from which on a lone product is faster by Eigen: 128×128 · 128×512. */
const LARGE = 2 ** 23;

/**
 * Products of matrices by oneDNN. Small ones are two to three times as fast as Eigen's where there are several in one
 * op, as lanes have them. And unlike Eigen, which has one kernel for a lone product and another for several, it gives
 * each the same bits whatever their number. Large ones stay Eigen's, whose kernel for those does so too.
 */
export function useOneDnn(graph: Graph): Graph {
  return transform(graph, (node) => {
    if (node.op !== 'BatchMatMulV2' || !isFloat(node) || isLarge(node)) return undefined;
    return [{ node: { ...node, op: ONE_DNN_PRODUCT, attributes: { ...node.attributes, _kernel: KERNEL } }, index: 0 }];
  });
}

function isLarge(node: Node): boolean {
  const { m, k, n } = productSize(node);
  return m * k * n >= LARGE;
}
