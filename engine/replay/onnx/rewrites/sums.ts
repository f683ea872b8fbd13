import { DT, typeOf, valueOf, type Graph, type Node, type Value } from '../../graph.ts';
import { axesOf } from '../../lanes/rules.ts';
import { floats, reshape } from '../../rewrites/build.ts';
import { transform } from '../../rewrites/transform.ts';

/**
 * Sums as products with ones, axis by axis: Σ_i x[i, j] = (1ᵀ x)[j], and a mean is a sum by its length. A product adds
 * up in one order, whether a matrix is alone or one of several and wherever it lies in memory; ONNX Runtime's sums do
 * not.
 */
export function sumsAsProducts(graph: Graph): Graph {
  return transform(graph, (node) => {
    const axes = node.op === 'Sum' || node.op === 'Mean' ? axesOf(node) : undefined;
    const { dtype, shape } = typeOf(valueOf(node));
    if (axes === undefined || axes.length === 0 || dtype !== DT.float) return undefined;
    const [first] = node.inputs as [Value];
    const lengths = typeOf(first).shape;
    // From the first axis on: what is left of the others then lies behind, where a product runs over all of it at once.
    const total = axes.reduce((x, axis) => overAxis(x, axis), first);
    const count = axes.reduce((product, axis) => product * (lengths[axis] ?? 1), 1);
    return [reshape(node.op === 'Sum' ? total : quotient(total, count), shape)];
  });
}

/** The sum over one axis, which stays with length 1. */
function overAxis(x: Value, axis: number): Value {
  const { shape } = typeOf(x);
  const before = sizeOf(shape.slice(0, axis));
  const length = shape[axis] ?? 1;
  const behind = sizeOf(shape.slice(axis + 1));
  const kept = shape.with(axis, 1);
  if (length === 1) return x;
  if (before === 1) return reshape(product(floats([1, length], 1), reshape(x, [length, behind])), kept);
  if (behind === 1) return reshape(product(reshape(x, [before, length]), floats([length, 1], 1)), kept);
  return reshape(product(floats([1, length], 1), reshape(x, [before, length, behind])), kept);
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

const FLOAT = { kind: 'type', value: DT.float } as const;
const float = (op: string, inputs: readonly Value[], shape: readonly number[], attributes: Node['attributes']): Value =>
  valueOf({ op, inputs, attributes: { T: FLOAT, ...attributes }, outputs: [{ dtype: DT.float, shape }] });

/** Of matrices, which are the last two axes. */
function product(a: Value, b: Value): Value {
  const [left, right] = [typeOf(a).shape, typeOf(b).shape];
  const plain = { kind: 'bool', value: false } as const;
  const shape = [...right.slice(0, -2), left.at(-2) ?? 1, right.at(-1) ?? 1];
  return float('BatchMatMulV2', [a, b], shape, { adj_x: plain, adj_y: plain });
}

const quotient = (x: Value, by: number): Value => float('RealDiv', [x, floats([], by)], typeOf(x).shape, {});
