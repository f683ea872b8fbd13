/**
 * What is done to a recording before TensorFlow sees it: the same mathematics with less work, so that a function can
 * be written as its equations are.
 */
import { fuseActivationGradients } from '../../rewrites/activation-gradients.ts';
import { dropIdentities } from '../../rewrites/identities.ts';
import { joinGradients } from '../../rewrites/join-gradients.ts';
import { joinProducts } from '../../rewrites/join-products.ts';
import { mergeDuplicates } from '../../rewrites/merge.ts';
import { transposeOnce } from '../../rewrites/pretranspose.ts';
import { prune } from '../../rewrites/prune.ts';
import { joinScales } from '../../rewrites/scales.ts';
import { stepwise } from '../../rewrites/stepwise.ts';
import { dropZeros } from '../../rewrites/zeros.ts';
import type { Rewrite } from '../../types.ts';
import type { Processor } from '../processor.ts';
import { keepGroups } from './groups.ts';
import { useOneDnn } from './one-dnn.ts';
import { reciprocalRoots } from './roots.ts';

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

export const rewritesFor = (processor: Processor): readonly Rewrite[] => [
  ...everywhere,
  ...(processor === 'gpu' ? [] : onCpu),
  ...atLast,
  ...(processor === 'one-dnn' ? [useOneDnn] : []),
];
