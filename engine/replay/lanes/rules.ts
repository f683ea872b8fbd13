/**
 * How one op of TensorFlow does for all lanes what it does for one, for ops where that changes no bit. Whether it does
 * was measured (README.md, "Lanes"); the conditions are those of TensorFlow's kernels on a CPU:
 *
 *  - Where a kernel approximates (exp, log, σ, …), numbers that fill a SIMD packet are computed by one formula, and
 *    those left over at the end of a tensor by another. Lanes of whole packets leave none over.
 *  - Eigen's product of matrices takes one kernel if it is large or alone, and another if it is small and one of
 *    several.
 *  - A sum adds up in an order that depends on which axes of the tensor it runs over.
 */
import { typeOf, valueOf, type Attribute, type Attributes, type Node, type TensorType, type Value } from '../graph.ts';
import { ints } from '../rewrites/build.ts';
import { integersOf, productSize } from '../rewrites/match.ts';
import { ONE_DNN_PRODUCT } from '../rewrites/one-dnn.ts';
import type { Lanes } from './types.ts';

/** The node for all lanes, each of whose outputs has the lane axis in front; undefined: lane by lane. */
export type LaneRule = (node: Node, lanes: Lanes) => Node | undefined;

/** Floats in the widest SIMD packet that TensorFlow computes with (AVX-512). */
const PACKET = 16;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const shapeOf = (value: Value): readonly number[] => typeOf(value).shape;
const input = ({ inputs }: Node, i: number): Value => inputs[i] as Value;

function made(node: Node, inputs: readonly Value[], { count }: Lanes, attributes: Attributes = {}): Node {
  const outputs = node.outputs.map(({ dtype, shape }): TensorType => ({ dtype, shape: [count, ...shape] }));
  return { op: node.op, inputs, outputs, attributes: { ...node.attributes, ...attributes } };
}

/** Each element of the result is computed from one element of each operand; operands broadcast. */
const elementwise: LaneRule = (node, lanes) => {
  const rank = shapeOf(valueOf(node)).length;
  return made(
    node,
    node.inputs.map((value) => lanes.broadcast(value, rank)),
    lanes,
  );
};

/** Elementwise, and not to the last bit the same in and outside of a packet. */
const approximate: LaneRule = (node, lanes) =>
  sizeOf(shapeOf(valueOf(node))) % PACKET === 0 ? elementwise(node, lanes) : undefined;

/** Exact, but Grappler makes 1 / y an op of its own, which is approximate. */
const quotient: LaneRule = (node, lanes) => (lanes.shared(input(node, 0)) ? approximate : elementwise)(node, lanes);

/** Elementwise, but the operands must be of one shape. */
const alike: LaneRule = (node, lanes) =>
  made(
    node,
    node.inputs.map((value) => lanes.stacked(value)),
    lanes,
  );

const product: LaneRule = (node, lanes) => {
  const { length } = shapeOf(valueOf(node));
  return made(
    node,
    node.inputs.map((value) => lanes.broadcast(value, length)),
    lanes,
  );
};

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

const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The axes of a reduction, in order and counted from the front. */
function axesOf(node: Node): number[] | undefined {
  const rank = shapeOf(input(node, 0)).length;
  return integersOf(input(node, 1))
    ?.map((axis) => fromFront(axis, rank))
    .sort((a, b) => a - b);
}

function reduced(node: Node, axes: readonly number[], lanes: Lanes): Node {
  return made(node, [lanes.stacked(input(node, 0)), ints(axes.map((axis) => axis + 1))], lanes);
}

/** In whatever order: the largest, the smallest. */
const reduction: LaneRule = (node, lanes) => {
  const axes = axesOf(node);
  return axes && lanes.shared(input(node, 0)) === undefined ? reduced(node, axes, lanes) : undefined;
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

const argument: LaneRule = (node, lanes) => {
  const [axis] = integersOf(input(node, 1)) ?? [];
  const value = input(node, 0);
  return axis === undefined
    ? undefined
    : made(node, [lanes.stacked(value), ints([fromFront(axis, shapeOf(value).length) + 1], [])], lanes);
};

const integer = (value: number): Attribute => ({ kind: 'int', value });

const concat: LaneRule = (node, lanes) => {
  const values = node.inputs.slice(0, -1);
  const [axis] = integersOf(node.inputs.at(-1) as Value) ?? [];
  const rank = shapeOf(valueOf(node)).length;
  return axis === undefined
    ? undefined
    : made(node, [...values.map((value) => lanes.stacked(value)), ints([fromFront(axis, rank) + 1], [])], lanes);
};

const pack: LaneRule = (node, lanes) => {
  const axis = fromFront(Number(node.attributes['axis']?.value ?? 0), shapeOf(valueOf(node)).length);
  return made(
    node,
    node.inputs.map((value) => lanes.stacked(value)),
    lanes,
    { axis: integer(axis + 1) },
  );
};

const unpack: LaneRule = (node, lanes) => {
  const axis = fromFront(Number(node.attributes['axis']?.value ?? 0), shapeOf(input(node, 0)).length);
  return made(node, [lanes.stacked(input(node, 0))], lanes, { axis: integer(axis + 1) });
};

const splitV: LaneRule = (node, lanes) => {
  const [value, sizes, axes] = [input(node, 0), input(node, 1), input(node, 2)];
  const [axis] = integersOf(axes) ?? [];
  const known = lanes.shared(sizes);
  return axis === undefined || !known
    ? undefined
    : made(node, [lanes.stacked(value), known, ints([fromFront(axis, shapeOf(value).length) + 1], [])], lanes);
};

const slice: LaneRule = (node, lanes) => {
  const [begin, size] = [integersOf(input(node, 1)), integersOf(input(node, 2))];
  return begin && size
    ? made(node, [lanes.stacked(input(node, 0)), ints([0, ...begin]), ints([lanes.count, ...size])], lanes)
    : undefined;
};

const reshape: LaneRule = (node, lanes) =>
  made(node, [lanes.stacked(input(node, 0)), ints([lanes.count, ...shapeOf(valueOf(node))])], lanes);

const transpose: LaneRule = (node, lanes) => {
  const order = integersOf(input(node, 1));
  return order && made(node, [lanes.stacked(input(node, 0)), ints([0, ...order.map((axis) => axis + 1)])], lanes);
};

/** The classes come to be the last axis: tfjs asks for no other. */
const oneHot: LaneRule = (node, lanes) => {
  const [indices, ...rest] = node.inputs;
  const others = rest.map((value) => lanes.shared(value));
  return indices && node.attributes['axis']?.value === -1 && others.every((value) => value !== undefined)
    ? made(node, [lanes.stacked(indices), ...others], lanes)
    : undefined;
};

const withDefault: LaneRule = (node, lanes) =>
  made(node, [lanes.stacked(input(node, 0))], lanes, {
    shape: { kind: 'shape', value: [lanes.count, ...shapeOf(valueOf(node))] },
  });

/** By op; what is not here is done lane by lane. */
export const rules: Readonly<Partial<Record<string, LaneRule>>> = {
  Abs: elementwise,
  Add: elementwise,
  AddV2: elementwise,
  Cast: elementwise,
  Equal: elementwise,
  Greater: elementwise,
  GreaterEqual: elementwise,
  Identity: elementwise,
  Less: elementwise,
  LessEqual: elementwise,
  LogicalAnd: elementwise,
  LogicalNot: elementwise,
  LogicalOr: elementwise,
  Maximum: elementwise,
  Minimum: elementwise,
  Mul: elementwise,
  Neg: elementwise,
  NotEqual: elementwise,
  OnesLike: elementwise,
  RealDiv: quotient,
  Relu: elementwise,
  Sign: elementwise,
  Sqrt: elementwise,
  Square: elementwise,
  Sub: elementwise,
  ZerosLike: elementwise,
  AddN: alike,
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
  Max: reduction,
  Min: reduction,
  Sum: sum,
  Mean: sum,
  ArgMax: argument,
  ArgMin: argument,
  ConcatV2: concat,
  Pack: pack,
  Unpack: unpack,
  SplitV: splitV,
  Slice: slice,
  Reshape: reshape,
  Transpose: transpose,
  OneHot: oneHot,
  PlaceholderWithDefault: withDefault,
};
