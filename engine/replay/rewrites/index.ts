/**
 * What is done to a recording before TensorFlow sees it: the same mathematics with less work, so that a model can be
 * written as its equations are. Each rewrite is a pure function from graph to graph.
 */
import type { Graph } from '../graph.ts';
import { fuseActivationGradients } from './activation-gradients.ts';
import { keepGroups } from './groups.ts';
import { dropIdentities } from './identities.ts';
import { joinGradients } from './join-gradients.ts';
import { joinProducts } from './join-products.ts';
import { mergeDuplicates } from './merge.ts';
import { transposeOnce } from './pretranspose.ts';
import { prune } from './prune.ts';
import { useOneDnn } from './one-dnn.ts';
import { reciprocalRoots } from './roots.ts';
import { joinScales } from './scales.ts';
import { stepwise } from './stepwise.ts';
import { dropZeros } from './zeros.ts';

export type Rewrite = (graph: Graph) => Graph;

/** What TensorFlow runs on; 'one-dnn': a CPU for which it has oneDNN's kernels. */
export type Device = 'cpu' | 'one-dnn' | 'gpu';

const everywhere: readonly Rewrite[] = [prune, dropIdentities, fuseActivationGradients, mergeDuplicates, prune];
/** Their reasons are a CPU's: caches, and the cost of one more pass over memory. */
const onCpu: readonly Rewrite[] = [
  stepwise,
  dropZeros,
  joinProducts,
  mergeDuplicates,
  joinGradients,
  mergeDuplicates,
  prune,
  transposeOnce,
];

/** What Grappler would do otherwise, and not always. */
const atLast: readonly Rewrite[] = [reciprocalRoots, joinScales, mergeDuplicates, prune, keepGroups];

export function rewrite(graph: Graph, device: Device): Graph {
  const rewrites = [
    ...everywhere,
    ...(device === 'gpu' ? [] : onCpu),
    ...atLast,
    ...(device === 'one-dnn' ? [useOneDnn] : []),
  ];
  return rewrites.reduce((result, apply) => apply(result), graph);
}
