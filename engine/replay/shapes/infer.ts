/**
 * The types of what TensorFlow's ops give, from those of what they are given. Constants are known with their values,
 * since axes, shapes and sizes are among them.
 */
import type { BindingAttribute, HostValues } from '../binding.ts';
import { DT, type TensorType } from '../graph.ts';

export interface Known extends TensorType {
  values?: HostValues;
}

/** A rule is missing here: not a fault of the function that is recorded. */
export class UnknownShape extends Error {}

interface Call {
  op: string;
  x: Known;
  y: Known;
  inputs: readonly Known[];
  outputCount: number;
  attribute(name: string): unknown;
  /** The whole numbers of a constant input. */
  ints(input: number): number[];
}
type Rule = (call: Call) => TensorType[];

const rank = ({ shape }: TensorType): number => shape.length;
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const fromFront = (axis: number, axes: number): number => (axis < 0 ? axis + axes : axis);
const replaced = (shape: readonly number[], axis: number, ...sizes: number[]): number[] =>
  shape.toSpliced(axis, 1, ...sizes);

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const axes = Math.max(a.length, b.length);
  return Array.from({ length: axes }, (_, i) => {
    const [x, y] = [a[a.length - axes + i] ?? 1, b[b.length - axes + i] ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Error(`shapes [${a.join()}] and [${b.join()}] do not fit`);
    return x === 1 ? y : x;
  });
}

const alike: Rule = ({ x: { dtype, shape } }) => [{ dtype, shape }];
const toBool: Rule = ({ x: { shape } }) => [{ dtype: DT.bool, shape }];
const pairwise: Rule = ({ x, y }) => [{ dtype: x.dtype, shape: broadcast(x.shape, y.shape) }];
const comparison: Rule = ({ x, y }) => [{ dtype: DT.bool, shape: broadcast(x.shape, y.shape) }];

const reduction: Rule = ({ x, attribute, ints }) => {
  const axes = new Set(ints(1).map((axis) => fromFront(axis, rank(x))));
  const kept = attribute('keep_dims') === true ? [1] : [];
  return [{ dtype: x.dtype, shape: x.shape.flatMap((size, i) => (axes.has(i) ? kept : [size])) }];
};

const argument: Rule = ({ x, ints }) => {
  const axis = fromFront(ints(1)[0] ?? 0, rank(x));
  return [{ dtype: DT.int32, shape: replaced(x.shape, axis) }];
};

const product: Rule = ({ x, y, attribute }) => {
  const m = x.shape.at(attribute('adj_x') === true ? -1 : -2) ?? 0;
  const n = y.shape.at(attribute('adj_y') === true ? -2 : -1) ?? 0;
  return [{ dtype: x.dtype, shape: [...broadcast(x.shape.slice(0, -2), y.shape.slice(0, -2)), m, n] }];
};

const reshape: Rule = ({ x, ints }) => {
  const shape = ints(1);
  const open = shape.indexOf(-1);
  return [{ dtype: x.dtype, shape: open < 0 ? shape : shape.with(open, sizeOf(x.shape) / -sizeOf(shape)) }];
};

const expandDims: Rule = ({ x, ints }) => {
  const axis = fromFront(ints(1)[0] ?? 0, rank(x) + 1);
  return [{ dtype: x.dtype, shape: x.shape.toSpliced(axis, 0, 1) }];
};

const pack: Rule = ({ x, inputs, attribute }) => {
  const axis = fromFront(Number(attribute('axis') ?? 0), rank(x) + 1);
  return [{ dtype: x.dtype, shape: x.shape.toSpliced(axis, 0, inputs.length) }];
};

const unpack: Rule = ({ x, outputCount, attribute }) => {
  const shape = replaced(x.shape, fromFront(Number(attribute('axis') ?? 0), rank(x)));
  return Array.from({ length: outputCount }, () => ({ dtype: x.dtype, shape }));
};

const splitV: Rule = ({ x, ints }) => {
  const axis = fromFront(ints(2)[0] ?? 0, rank(x));
  return ints(1).map((size) => ({ dtype: x.dtype, shape: x.shape.with(axis, size) }));
};

const concat: Rule = ({ x, inputs, ints }) => {
  const values = inputs.slice(0, -1);
  const axis = fromFront(ints(values.length)[0] ?? 0, rank(x));
  return [{ dtype: x.dtype, shape: x.shape.with(axis, sum(values.map(({ shape }) => shape[axis] ?? 0))) }];
};
const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

const slice: Rule = ({ x, ints }) => {
  const begin = ints(1);
  const shape = ints(2).map((size, i) => (size < 0 ? (x.shape[i] ?? 0) - (begin[i] ?? 0) : size));
  return [{ dtype: x.dtype, shape }];
};

const pad: Rule = ({ x, ints }) => {
  const around = ints(1);
  return [{ dtype: x.dtype, shape: x.shape.map((size, i) => size + (around[2 * i] ?? 0) + (around[2 * i + 1] ?? 0)) }];
};

const gather: Rule = ({ x, y, attribute, ints }) => {
  const axis = fromFront(ints(2)[0] ?? 0, rank(x));
  return [{ dtype: x.dtype, shape: replaced(x.shape, axis, ...y.shape.slice(Number(attribute('batch_dims') ?? 0))) }];
};

const segmentSum: Rule = ({ x, y, ints }) => [{ dtype: x.dtype, shape: [...ints(2), ...x.shape.slice(rank(y))] }];

const forOps = (ops: string, rule: Rule): Record<string, Rule> =>
  Object.fromEntries(ops.split(' ').map((op) => [op, rule]));

const rules: Readonly<Partial<Record<string, Rule>>> = {
  ...forOps('Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Elu Erf Exp Expm1 Floor Identity LeakyRelu', alike),
  ...forOps('Log Log1p LogSoftmax Neg OnesLike Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh', alike),
  ...forOps('Softmax Softplus Sqrt Square Tan Tanh ZerosLike LogicalNot AddN Cumprod Cumsum EluGrad ReverseV2', alike),
  ...forOps('IsFinite IsInf IsNan', toBool),
  ...forOps('Add AddV2 Atan2 Div DivNoNan FloorDiv FloorMod Maximum Minimum Mul Pow RealDiv', pairwise),
  ...forOps('SquaredDifference Sub', pairwise),
  ...forOps('Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr NotEqual', comparison),
  ...forOps('All Any Max Mean Min Prod Sum', reduction),
  ...forOps('ArgMax ArgMin', argument),
  ...forOps('MirrorPad PadV2', pad),
  BatchMatMulV2: product,
  Cast: ({ x: { shape }, attribute }) => [{ dtype: Number(attribute('DstT')), shape }],
  ConcatV2: concat,
  ExpandDims: expandDims,
  Fill: ({ y, ints }) => [{ dtype: y.dtype, shape: ints(0) }],
  GatherV2: gather,
  OneHot: ({ x, attribute, ints }) => [{ dtype: Number(attribute('T')), shape: [...x.shape, ...ints(1)] }],
  Pack: pack,
  Reshape: reshape,
  Select: ({ y: { dtype, shape } }) => [{ dtype, shape }],
  Slice: slice,
  SplitV: splitV,
  Tile: ({ x, ints }) => [{ dtype: x.dtype, shape: ints(1).map((times, i) => times * (x.shape[i] ?? 0)) }],
  Transpose: ({ x, ints }) => [{ dtype: x.dtype, shape: ints(1).map((axis) => x.shape[axis] ?? 0) }],
  Unpack: unpack,
  UnsortedSegmentSum: segmentSum,
};

/** Throws UnknownShape if there is no rule for the op, or if it would need to know a value that is none here. */
export function infer(
  op: string,
  attributes: readonly BindingAttribute[],
  inputs: readonly Known[],
  outputCount: number,
): TensorType[] {
  const rule = rules[op];
  if (rule === undefined) throw new UnknownShape(`the shape of what ${op} gives is not known before it runs`);
  const [x = { dtype: DT.float, shape: [] }, y = x] = inputs;
  return rule({
    op,
    x,
    y,
    inputs,
    outputCount,
    attribute: (name) => attributes.find((attribute) => attribute.name === name)?.value,
    ints(input) {
      const values = inputs[input]?.values;
      if (values === undefined) throw new UnknownShape(`the shape of what ${op} gives depends on values`);
      return [...values];
    },
  });
}
