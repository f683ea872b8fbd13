/**
 * TensorFlow's ops in ONNX's: each is one or a few of them. Axes, shapes and sizes, which TensorFlow's ops are given as
 * tensors, are constants here.
 */
import { DT, numberOf, typeOf, valueOf, type Node, type TensorType, type Value } from '../graph.ts';
import { integersOf } from '../rewrites/match.ts';
import { MICROSOFT, typeNumber, type Attribute, type Writer } from './writer.ts';

/** What an encoding may ask for. */
export interface Scope {
  writer: Writer;
  /** The name of a value that the node reads. */
  name(value: Value): string;
}

interface Call {
  node: Node;
  type: TensorType;
  /** The name, and the shape, of an input. */
  x(input: number): string;
  shape(input: number): readonly number[];
  /** The whole numbers of a constant input. */
  ints(input: number): number[];
  attribute(name: string): unknown;
  one(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, domain?: string): string;
  many(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>): string[];
  /** Constants. */
  int32s(values: readonly number[]): string;
  int64s(values: readonly number[], shape?: readonly number[]): string;
  filled(type: TensorType, value: number): string;
}
/** The names of the node's outputs; of the only one, its name. */
type Encoding = (call: Call) => string | string[];

const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const axisOf = ({ ints }: Call, input: number, rank: number): number => fromFront(ints(input)[0] ?? 0, rank);

const as =
  (op: string): Encoding =>
  ({ node, x, one }) =>
    one(
      op,
      node.inputs.map((_, i) => x(i)),
    );

const alongLast =
  (op: string): Encoding =>
  ({ x, one }) =>
    one(op, [x(0)], { axis: -1 });

const reduction =
  (op: string): Encoding =>
  ({ x, shape, ints, int64s, attribute, one }) => {
    const axes = ints(1).map((axis) => fromFront(axis, shape(0).length));
    return axes.length === 0
      ? one('Identity', [x(0)])
      : one(op, [x(0), int64s(axes)], { keepdims: attribute('keep_dims') === true ? 1 : 0 });
  };

const argument =
  (op: string): Encoding =>
  (call) => {
    const { x, shape, type, one } = call;
    const found = one(op, [x(0)], { axis: axisOf(call, 1, shape(0).length), keepdims: 0 });
    return type.dtype === DT.int64 ? found : one('Cast', [found], { to: typeNumber(type.dtype) });
  };

/** Gemm is of two matrices, and MatMul and FusedMatMul are of several: one kernel is underneath. */
const product: Encoding = ({ x, shape, attribute, one }) => {
  const transposed = { transA: attribute('adj_x') === true ? 1 : 0, transB: attribute('adj_y') === true ? 1 : 0 };
  if (shape(0).length === 2 && shape(1).length === 2) return one('Gemm', [x(0), x(1)], transposed);
  return transposed.transA + transposed.transB === 0
    ? one('MatMul', [x(0), x(1)])
    : one('FusedMatMul', [x(0), x(1)], transposed, MICROSOFT);
};

const reshape: Encoding = ({ x, type, int64s, one }) => one('Reshape', [x(0), int64s(type.shape)]);

const pack: Encoding = ({ node, x, type: { shape }, attribute, int64s, one }) => {
  const axis = fromFront(Number(attribute('axis') ?? 0), shape.length);
  const wide = int64s(shape.with(axis, 1));
  return one(
    'Concat',
    node.inputs.map((_, i) => one('Reshape', [x(i), wide])),
    { axis },
  );
};

/** A Gather with a number for an index takes a slice, and its axis away. */
const unpack: Encoding = ({ node: { outputs }, x, type, attribute, int64s, one }) =>
  outputs.length === 1
    ? one('Reshape', [x(0), int64s(type.shape)])
    : outputs.map((_, i) => one('Gather', [x(0), int64s([i], [])], { axis: Number(attribute('axis') ?? 0) }));

const splitV: Encoding = (call) => {
  const { x, shape, ints, int64s, many } = call;
  return many('Split', [x(0), int64s(ints(1))], { axis: axisOf(call, 2, shape(0).length) });
};

const concat: Encoding = (call) => {
  const { node, x, type, one } = call;
  const last = node.inputs.length - 1;
  return one(
    'Concat',
    node.inputs.slice(0, last).map((_, i) => x(i)),
    { axis: axisOf(call, last, type.shape.length) },
  );
};

const slice: Encoding = ({ x, type: { shape }, ints, int64s, one }) => {
  const begin = ints(1);
  const end = begin.map((first, i) => first + (shape[i] ?? 0));
  return one('Slice', [x(0), int64s(begin), int64s(end), int64s(begin.map((_, i) => i))]);
};

/** ONNX's own OneHot counts negative indices from the end, where TensorFlow gives a row of `off`. */
const oneHot: Encoding = ({ node, x, shape, type, ints, attribute, int32s, int64s, one }) => {
  if (Number(attribute('axis') ?? -1) !== -1) throw new Error('there is no ONNX here for OneHot along another axis');
  const classes = int32s(Array.from({ length: ints(1)[0] ?? 0 }, (_, i) => i));
  const hits = one('Equal', [one('Reshape', [x(0), int64s([...shape(0), 1])]), classes]);
  const [on, off] = node.inputs.slice(2).map(numberOf);
  return on === 1 && off === 0 ? one('Cast', [hits], { to: typeNumber(type.dtype) }) : one('Where', [hits, x(2), x(3)]);
};

const fill: Encoding = ({ node, x, type, filled, int64s, one }) => {
  const [, value] = node.inputs as [Value, Value];
  const known = numberOf(value) ?? integersOf(value)?.[0];
  return known === undefined ? one('Expand', [x(1), int64s(type.shape)]) : filled(type, known);
};

const pad: Encoding = ({ x, ints, int64s, one }) => {
  const around = ints(1);
  const [before, after] = [0, 1].map((side) => around.filter((_, i) => i % 2 === side)) as [number[], number[]];
  return one('Pad', [x(0), int64s([...before, ...after]), x(2)]);
};

/** The remainder has the divisor's sign. ONNX's Mod takes C's fmod of floats, whose has the dividend's. */
const floorMod: Encoding = ({ type, x, filled, one }) => {
  if (type.dtype !== DT.float) return one('Mod', [x(0), x(1)]);
  const remainder = one('Mod', [x(0), x(1)], { fmod: 1 });
  const otherSign = one('Less', [one('Mul', [remainder, x(1)]), filled({ dtype: DT.float, shape: [] }, 0)]);
  return one('Where', [otherSign, one('Add', [remainder, x(1)]), remainder]);
};

/** The condition is of the others' shape, or has a number for each of their rows. */
const select: Encoding = ({ x, shape, int64s, one }) => {
  const rows = shape(0).length === 1 && shape(1).length > 1;
  const condition = rows ? one('Reshape', [x(0), int64s([-1, ...shape(1).slice(1).fill(1)])]) : x(0);
  return one('Where', [condition, x(1), x(2)]);
};

const gather: Encoding = (call) => {
  const { x, shape, attribute, one } = call;
  if (Number(attribute('batch_dims') ?? 0) !== 0) throw new Error('there is no ONNX here for a batch of gathers');
  return one('Gather', [x(0), x(1)], { axis: axisOf(call, 2, shape(0).length) });
};

/** Rows are added to zeros where their number says. */
const segmentSum: Encoding = ({ x, shape, type, filled, int64s, one }) => {
  const at = one('Reshape', [one('Cast', [x(1)], { to: typeNumber(DT.int64) }), int64s([...shape(1), 1])]);
  return one('ScatterND', [filled(type, 0), at, x(0)], { reduction: 'add' });
};

/** (dy, y), where y is exp(x) − 1 below zero. */
const eluGradient: Encoding = ({ x, filled, one }) => {
  const [zero, one_] = [0, 1].map((value) => filled({ dtype: DT.float, shape: [] }, value)) as [string, string];
  return one('Where', [one('Less', [x(1), zero]), one('Mul', [x(0), one('Add', [x(1), one_])]), x(0)]);
};

const encodings: Readonly<Partial<Record<string, Encoding>>> = {
  Abs: as('Abs'),
  Add: as('Add'),
  AddN: as('Sum'),
  AddV2: as('Add'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  BatchMatMulV2: product,
  Cast: ({ x, type, one }) => one('Cast', [x(0)], { to: typeNumber(type.dtype) }),
  Ceil: as('Ceil'),
  ConcatV2: concat,
  Cos: as('Cos'),
  Cumsum: (call) =>
    call.one('CumSum', [call.x(0), call.int64s([axisOf(call, 1, call.shape(0).length)], [])], {
      exclusive: call.attribute('exclusive') === true ? 1 : 0,
      reverse: call.attribute('reverse') === true ? 1 : 0,
    }),
  Elu: as('Elu'),
  EluGrad: eluGradient,
  Equal: as('Equal'),
  Erf: as('Erf'),
  Exp: as('Exp'),
  ExpandDims: reshape,
  Fill: fill,
  Floor: as('Floor'),
  FloorMod: floorMod,
  GatherV2: gather,
  Greater: as('Greater'),
  GreaterEqual: as('GreaterOrEqual'),
  Identity: as('Identity'),
  IsNan: as('IsNaN'),
  Less: as('Less'),
  LessEqual: as('LessOrEqual'),
  Log: as('Log'),
  LogSoftmax: alongLast('LogSoftmax'),
  LogicalAnd: as('And'),
  LogicalNot: as('Not'),
  LogicalOr: as('Or'),
  Max: reduction('ReduceMax'),
  Maximum: as('Max'),
  Mean: reduction('ReduceMean'),
  Min: reduction('ReduceMin'),
  Minimum: as('Min'),
  Mul: as('Mul'),
  Neg: as('Neg'),
  NotEqual: ({ x, one }) => one('Not', [one('Equal', [x(0), x(1)])]),
  OneHot: oneHot,
  OnesLike: ({ type, filled }) => filled(type, 1),
  Pack: pack,
  PadV2: pad,
  PlaceholderWithDefault: as('Identity'),
  Pow: as('Pow'),
  Prod: reduction('ReduceProd'),
  RealDiv: as('Div'),
  Reciprocal: as('Reciprocal'),
  Relu: as('Relu'),
  Reshape: reshape,
  Round: as('Round'),
  Rsqrt: ({ x, filled, one }) => one('Div', [filled({ dtype: DT.float, shape: [] }, 1), one('Sqrt', [x(0)])]),
  Select: select,
  SelectV2: as('Where'),
  Sigmoid: as('Sigmoid'),
  Sign: as('Sign'),
  Sin: as('Sin'),
  Slice: slice,
  Softmax: alongLast('Softmax'),
  Softplus: as('Softplus'),
  SplitV: splitV,
  Sqrt: as('Sqrt'),
  Square: ({ x, one }) => one('Mul', [x(0), x(0)]),
  SquaredDifference({ x, one }) {
    const difference = one('Sub', [x(0), x(1)]);
    return one('Mul', [difference, difference]);
  },
  Sub: as('Sub'),
  Sum: reduction('ReduceSum'),
  Tan: as('Tan'),
  Tanh: as('Tanh'),
  Tile: ({ x, ints, int64s, one }) => one('Tile', [x(0), int64s(ints(1))]),
  Transpose: ({ x, ints, one }) => one('Transpose', [x(0)], { perm: ints(1) }),
  Unpack: unpack,
  UnsortedSegmentSum: segmentSum,
  ZerosLike: ({ type, filled }) => filled(type, 0),
};

/** Writes the node, and gives the names of its outputs; throws if ONNX has none for it. */
export function encode(node: Node, { writer, name }: Scope): string[] {
  const encoding = encodings[node.op];
  if (encoding === undefined) throw new Error(`there is no ONNX here for ${node.op}`);
  const input = (i: number): Value => node.inputs[i] as Value;
  const result = encoding({
    node,
    type: typeOf(valueOf(node)),
    x: (i) => name(input(i)),
    shape: (i) => typeOf(input(i)).shape,
    ints(i) {
      const numbers = integersOf(input(i));
      if (numbers === undefined) throw new Error(`there is no ONNX here for ${node.op} by what is not constant`);
      return numbers;
    },
    attribute: (key) => node.attributes[key]?.value,
    one: (op, inputs, attributes = {}, domain) =>
      writer.op(op, inputs, { attributes, ...(domain !== undefined && { domain }) })[0] as string,
    many: (op, inputs, attributes) => writer.op(op, inputs, { attributes, outputs: node.outputs.length }),
    int32s: (values) => writer.constant(DT.int32, [values.length], bytesOf(Int32Array.from(values))),
    int64s: (values, shape = [values.length]) =>
      writer.constant(DT.int64, shape, bytesOf(BigInt64Array.from(values.map(BigInt)))),
    filled: ({ dtype, shape }, value) => writer.constant(dtype, shape, bytesOf(arrayOf(dtype, shape).fill(value))),
  });
  return typeof result === 'string' ? [result] : result;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function arrayOf(dtype: number, shape: readonly number[]): Float32Array | Int32Array | Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return dtype === DT.float ? new Float32Array(size) : dtype === DT.int32 ? new Int32Array(size) : new Uint8Array(size);
}
