import type { Rewrite } from '../../types.ts';
import { dropIdentities } from '../../rewrites/identities.ts';
import { joinGradients } from '../../rewrites/join-gradients.ts';
import { joinProducts } from '../../rewrites/join-products.ts';
import { mergeDuplicates } from '../../rewrites/merge.ts';
import { transposeOnce } from '../../rewrites/pretranspose.ts';
import { prune } from '../../rewrites/prune.ts';
import { stepwise } from '../../rewrites/stepwise.ts';
import { dropZeros } from '../../rewrites/zeros.ts';

export const rewrites: readonly Rewrite[] = [
  prune,
  dropIdentities,
  mergeDuplicates,
  stepwise,
  dropZeros,
  joinProducts,
  mergeDuplicates,
  joinGradients,
  mergeDuplicates,
  transposeOnce,
  mergeDuplicates,
  prune,
];
