import type { Rewrite } from '../../types.ts';
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
import { alignInputs } from './inputs.ts';
import { spellGradients } from './spell-gradients.ts';
import { sumsAsProducts } from './sums.ts';

/** In this order. ONNX Runtime's own optimiser is off: it would not do the same with and without lanes. */
export const rewrites: readonly Rewrite[] = [
  prune,
  dropIdentities,
  fuseActivationGradients,
  mergeDuplicates,
  stepwise,
  dropZeros,
  joinProducts,
  mergeDuplicates,
  joinGradients,
  mergeDuplicates,
  transposeOnce,
  joinScales,
  spellGradients,
  sumsAsProducts,
  dropIdentities,
  alignInputs,
  mergeDuplicates,
  prune,
];
