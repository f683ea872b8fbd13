/**
 * When one op of ONNX Runtime does for all lanes what it does for one, and no bit changes. That was measured, with each
 * op alone and with 2 to 16 lanes (../README.md, "ONNX Runtime").
 */
import { valueOf } from '../graph.ts';
import { alike, approximate, elementwise, exactRules, input, made, shapeOf } from '../lanes/rules.ts';
import type { LaneRule, LaneRules } from '../lanes/types.ts';

/**
 * One kernel multiplies a matrix, whether it is alone or one of several. A right factor that all lanes share would make
 * one tall matrix of their left ones: each has its own.
 */
const product: LaneRule = (node, lanes) => {
  const rank = shapeOf(valueOf(node)).length;
  return made(node, [lanes.broadcast(input(node, 0), rank), lanes.stacked(input(node, 1), rank)], lanes);
};

/** Where each number has a condition of its own. */
const select: LaneRule = (node, lanes) =>
  shapeOf(input(node, 0)).length === shapeOf(valueOf(node)).length ? alike(node, lanes) : undefined;

export const laneRules: LaneRules = {
  ...exactRules,
  Floor: elementwise,
  FloorMod: elementwise,
  RealDiv: elementwise,
  Rsqrt: elementwise,
  Select: select,
  Elu: approximate,
  Exp: approximate,
  Log: approximate,
  Sigmoid: approximate,
  Softplus: approximate,
  Tanh: approximate,
  BatchMatMulV2: product,
  Softmax: alike,
};
