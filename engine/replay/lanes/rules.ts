/**
 * How one op does for all lanes what it does for one. The table at the end has the ops of which that changes no bit
 * wherever they run: they move numbers, compare them, or compute each by one correctly rounded operation. Where it
 * depends on the kernels, the rule is a device's own.
 */
import { typeOf, valueOf, type Attribute, type Attributes, type Node, type TensorType, type Value } from '../graph.ts';
import { ints } from '../rewrites/build.ts';
import { integersOf } from '../rewrites/match.ts';
import type { LaneRule, LaneRules, Lanes } from './types.ts';

export const shapeOf = (value: Value): readonly number[] => typeOf(value).shape;
export const input = ({ inputs }: Node, i: number): Value => inputs[i] as Value;

/** The node with the lane axis in front of its outputs. */
export function made(node: Node, inputs: readonly Value[], { count }: Lanes, attributes: Attributes = {}): Node {
  const outputs = node.outputs.map(({ dtype, shape }): TensorType => ({ dtype, shape: [count, ...shape] }));
  return { op: node.op, inputs, outputs, attributes: { ...node.attributes, ...attributes } };
}

/** Each element of the result is computed from one element of each operand; operands broadcast. */
export const elementwise: LaneRule = (node, lanes) => {
  const rank = shapeOf(valueOf(node)).length;
  return made(
    node,
    node.inputs.map((value) => lanes.broadcast(value, rank)),
    lanes,
  );
};

/** Elementwise, but the operands must be of one shape; or along the last axis alone. */
export const alike: LaneRule = (node, lanes) =>
  made(
    node,
    node.inputs.map((value) => lanes.stacked(value)),
    lanes,
  );

/** Floats in the widest SIMD packet that anything computes with (AVX-512). */
export const PACKET = 16;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Elementwise, and not to the last bit the same in and outside of a packet. */
export const approximate: LaneRule = (node, lanes) =>
  sizeOf(shapeOf(valueOf(node))) % PACKET === 0 ? elementwise(node, lanes) : undefined;

/** Of matrices, which are the last two axes; those in front broadcast. */
export const product: LaneRule = (node, lanes) => {
  const { length } = shapeOf(valueOf(node));
  return made(
    node,
    node.inputs.map((value) => lanes.broadcast(value, length)),
    lanes,
  );
};

const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** The axes of a reduction, in order and counted from the front. */
export function axesOf(node: Node): number[] | undefined {
  const rank = shapeOf(input(node, 0)).length;
  return integersOf(input(node, 1))
    ?.map((axis) => fromFront(axis, rank))
    .sort((a, b) => a - b);
}

/** A reduction for all lanes, over the same axes of each. */
export function reduced(node: Node, axes: readonly number[], lanes: Lanes): Node {
  return made(node, [lanes.stacked(input(node, 0)), ints(axes.map((axis) => axis + 1))], lanes);
}

/** In whatever order: the largest, the smallest. */
const reduction: LaneRule = (node, lanes) => {
  const axes = axesOf(node);
  return axes && lanes.shared(input(node, 0)) === undefined ? reduced(node, axes, lanes) : undefined;
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

export const exactRules: LaneRules = {
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
  Relu: elementwise,
  Sign: elementwise,
  Sqrt: elementwise,
  Square: elementwise,
  Sub: elementwise,
  ZerosLike: elementwise,
  AddN: alike,
  Max: reduction,
  Min: reduction,
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
