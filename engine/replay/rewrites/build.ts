/** Nodes that rewrites put in: float32, and matrices where nothing else is said. */
import { constant, DT, type Attribute, typeOf, valueOf, type Value } from '../graph.ts';

const FLOAT: Attribute = { kind: 'type', value: DT.float };
const INT32: Attribute = { kind: 'type', value: DT.int32 };

const typeAttribute = (value: Value): Attribute => ({ kind: 'type', value: typeOf(value).dtype });

export function floats(shape: readonly number[], value: number): Value {
  const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value);
  return valueOf(constant({ dtype: DT.float, shape }, new Uint8Array(numbers.buffer)));
}

export function ints(numbers: readonly number[], shape: readonly number[] = [numbers.length]): Value {
  return valueOf(constant({ dtype: DT.int32, shape }, new Uint8Array(Int32Array.from(numbers).buffer)));
}

function float(
  op: string,
  inputs: readonly Value[],
  shape: readonly number[],
  attributes: Record<string, Attribute>,
): Value {
  return valueOf({ op, inputs, attributes: { T: FLOAT, ...attributes }, outputs: [{ dtype: DT.float, shape }] });
}

/** a b, or with either transposed. */
export function product(a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value {
  const rows = typeOf(a).shape[transposeA ? 1 : 0] ?? 0;
  const columns = typeOf(b).shape[transposeB ? 0 : 1] ?? 0;
  return float('BatchMatMulV2', [a, b], [rows, columns], {
    adj_x: { kind: 'bool', value: transposeA },
    adj_y: { kind: 'bool', value: transposeB },
  });
}

/** Of one shape, or a matrix and a row for each of its rows. */
export const sum = (a: Value, b: Value): Value => float('Add', [a, b], typeOf(a).shape, {});

export function concat(values: readonly Value[], axis: 0 | 1): Value {
  const sizes = values.map((value) => typeOf(value).shape);
  const along = sizes.reduce((total, shape) => total + (shape[axis] ?? 0), 0);
  const other = sizes[0]?.[1 - axis] ?? 0;
  return float('ConcatV2', [...values, ints([axis], [])], axis === 0 ? [along, other] : [other, along], {
    N: { kind: 'int', value: values.length },
    Tidx: INT32,
  });
}

/** `count` rows from row `first` on. */
export function rows(matrix: Value, first: number, count: number): Value {
  const shape = [count, typeOf(matrix).shape[1] ?? 0];
  return float('Slice', [matrix, ints([first, 0]), ints(shape)], shape, { Index: INT32 });
}

/** Of any type. */
export const reshape = (value: Value, shape: readonly number[]): Value =>
  valueOf({
    op: 'Reshape',
    inputs: [value, ints(shape)],
    attributes: { T: typeAttribute(value), Tshape: INT32 },
    outputs: [{ dtype: typeOf(value).dtype, shape }],
  });

/** The slices along the first axis, of any type. */
export function unstack(value: Value): Value[] {
  const {
    shape: [count = 0, ...shape],
    dtype,
  } = typeOf(value);
  const node = {
    op: 'Unpack',
    inputs: [value],
    outputs: Array.from({ length: count }, () => ({ dtype, shape })),
    attributes: {
      T: typeAttribute(value),
      num: { kind: 'int', value: count },
      axis: { kind: 'int', value: 0 },
    } as const,
  };
  return node.outputs.map((_, index) => ({ node, index }));
}

/** The inverse: values of one shape and type along a new first axis. */
export function stack(values: readonly [Value, ...Value[]]): Value {
  const { shape, dtype } = typeOf(values[0]);
  return valueOf({
    op: 'Pack',
    inputs: values,
    outputs: [{ dtype, shape: [values.length, ...shape] }],
    attributes: {
      T: typeAttribute(values[0]),
      N: { kind: 'int', value: values.length },
      axis: { kind: 'int', value: 0 },
    },
  });
}

/** The transposed matrix, laid out anew. */
export function transposed(matrix: Value): Value {
  const [m = 0, n = 0] = typeOf(matrix).shape;
  return float('Transpose', [matrix, ints([1, 0])], [n, m], { Tperm: INT32 });
}

/** The same tensor; Grappler does not look through it, as it would through Identity. */
export const opaque = (value: Value): Value =>
  valueOf({
    op: 'PlaceholderWithDefault',
    inputs: [value],
    outputs: [typeOf(value)],
    attributes: { dtype: FLOAT, shape: { kind: 'shape', value: typeOf(value).shape } },
  });
