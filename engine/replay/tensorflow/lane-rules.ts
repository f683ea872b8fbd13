/**
 * When one op of TensorFlow does for all lanes what it does for one, and no bit changes. That was measured
 * (../README.md, "Lanes"); the conditions are those of TensorFlow's kernels on a CPU:
 *
 *  - Where a kernel approximates (exp, log, σ, …), numbers that fill a SIMD packet are computed by one formula, and
 *    those left over at the end of a tensor by another. Lanes of whole packets leave none over.
 *  - Eigen's product of matrices takes one kernel if it is large or alone, and another if it is small and one of
 *    several.
 *  - A sum adds up in an order that depends on which axes of the tensor it runs over.
 */
import { valueOf } from '../graph.ts';
import {
  approximate,
  axesOf,
  elementwise,
  exactRules,
  input,
  PACKET,
  product,
  reduced,
  shapeOf,
  sizeOf,
} from '../lanes/rules.ts';
import type { LaneRule, LaneRules } from '../lanes/types.ts';
import { productSize } from '../rewrites/match.ts';
import { ONE_DNN_PRODUCT } from './rewrites/one-dnn.ts';

/** Exact, but Grappler makes 1 / y an op of its own, which is approximate. */
const quotient: LaneRule = (node, lanes) => (lanes.shared(input(node, 0)) ? approximate : elementwise)(node, lanes);

/**
 * TensorFlow multiplies several matrices in one op by this kernel if one product has no more multiplications than this.
 */
const SMALL_PRODUCT = 128 * 128;

/** In the solo graph a lone product takes the kernel for large ones; in a pack, a small one would take the other. */
const eigenProduct: LaneRule = (node, lanes) => {
  const { m, k, n } = productSize(node);
  const several = sizeOf(shapeOf(valueOf(node)).slice(0, -2)) > 1;
  const sameKernel = several || m * k * n > SMALL_PRODUCT || Math.min(m, k, n) <= 1;
  return sameKernel ? product(node, lanes) : undefined;
};

/**
 * Sums over neighbouring axes. A sum over the last ones runs along memory, and one over inner ones across it, with or
 * without lanes. One over the first ones becomes one over inner ones: the same if what lies behind them fills packets.
 */
const sum: LaneRule = (node, lanes) => {
  const axes = axesOf(node);
  const shape = shapeOf(input(node, 0));
  const first = axes?.[0] ?? 0;
  if (!axes || axes.some((axis, i) => axis !== first + i)) return undefined;
  const behind = sizeOf(shape.slice(first + axes.length));
  const sameOrder = behind === 1 || sizeOf(shape.slice(0, first)) > 1 || behind % PACKET === 0;
  return sameOrder ? reduced(node, axes, lanes) : undefined;
};

export const laneRules: LaneRules = {
  ...exactRules,
  RealDiv: quotient,
  Exp: approximate,
  Expm1: approximate,
  Log: approximate,
  Log1p: approximate,
  Rsqrt: approximate,
  Sigmoid: approximate,
  SigmoidGrad: approximate,
  Softplus: approximate,
  Tanh: approximate,
  TanhGrad: approximate,
  BatchMatMulV2: eigenProduct,
  [ONE_DNN_PRODUCT]: product,
  Sum: sum,
  Mean: sum,
};
