import { DT, sameShape, typeOf, type Graph, type Node, type Value } from '../graph.ts';
import { floats, product, reshape, sum, unstack } from './build.ts';
import { integersOf, isMatrix, productOf } from './match.ts';
import { transform } from './transform.ts';

/**
 * What is computed for all time steps at once on their stacked rows, and what is summed over them, is computed step by
 * step:
 *
 *   unstack(X W + b)[t]        X[t] W + b
 *   Xᵀ stack(d)                Σ_t X[t]ᵀ d[t]
 *   column sums of stack(d)    Σ_t 1ᵀ d[t]
 *
 * One large product is what a GPU wants. On a CPU, one step's rows stay in the cache, where all of them together do
 * not; and what the steps compute apart can be joined with what they compute anyway (join-products.ts,
 * join-gradients.ts).
 */
export function stepwise(graph: Graph): Graph {
  return transform(graph, (node) => {
    const [first, second] = node.inputs;
    if (node.op === 'Unpack' && node.attributes['axis']?.value === 0 && first)
      return unstackProduct(first, node.outputs.length);
    const factors = node.outputs.length === 1 && productOf({ node, index: 0 });
    if (factors && factors.transposeA && !factors.transposeB) return sumOfProducts(factors.a, factors.b);
    if (node.op === 'Sum' && first && second && isColumnSum(node, second)) return columnSum(first, node);
    return undefined;
  });
}

function unstackProduct(stack: Value, count: number): Value[] | undefined {
  const matrix = stack.node.inputs[0];
  const [steps, rows, columns] = typeOf(stack).shape;
  if (
    stack.node.op !== 'Reshape' ||
    !matrix ||
    steps !== count ||
    !sameShape(typeOf(matrix).shape, [count * (rows ?? 0), columns ?? 0])
  ) {
    return undefined;
  }
  return productRows(matrix, count);
}

/** The blocks of rows of X W or of X W + b. */
function productRows(matrix: Value, count: number): Value[] | undefined {
  const factors = productOf(matrix);
  if (factors)
    return factors.transposeA ? undefined : blocks(factors.a, count)?.map((x) => product(x, factors.b, factors));
  const [left, bias] = matrix.node.inputs;
  if (matrix.node.op !== 'Add' || !left || !bias || typeOf(bias).shape.length !== 1) return undefined;
  return productRows(left, count)?.map((x) => sum(x, bias));
}

/** A matrix cut into `count` blocks of rows, if it is a stack of such blocks laid flat. */
function blocks(matrix: Value, count: number): Value[] | undefined {
  const stack = matrix.node.inputs[0];
  if (matrix.node.op !== 'Reshape' || !stack || !isMatrix(matrix)) return undefined;
  const { shape, dtype } = typeOf(stack);
  if (dtype !== DT.float || shape.length !== 3 || shape[0] !== count || shape[2] !== typeOf(matrix).shape[1])
    return undefined;
  const packed = stack.node.op === 'Pack' && stack.node.attributes['axis']?.value === 0;
  return packed ? [...stack.node.inputs] : unstack(stack);
}

/** The blocks of a matrix that was stacked from them: those that another step's work made. */
function stacked(matrix: Value): readonly Value[] | undefined {
  const stack = matrix.node.op === 'Reshape' ? matrix.node.inputs[0]?.node : undefined;
  return stack?.op === 'Pack' ? blocks(matrix, stack.inputs.length) : undefined;
}

function sumOfProducts(a: Value, b: Value): Value[] | undefined {
  const right = stacked(b);
  const left = right && blocks(a, right.length);
  return left && [left.map((x, t) => product(x, right[t] as Value, { transposeA: true })).reduce(sum)];
}

const isColumnSum = ({ attributes }: Node, axes: Value): boolean =>
  attributes['keep_dims']?.value === false && integersOf(axes)?.join() === '0';

function columnSum(matrix: Value, { outputs: [type] }: Node): Value[] | undefined {
  const parts = stacked(matrix);
  if (!parts || !type) return undefined;
  const total = parts.map((d) => product(floats([typeOf(d).shape[0] ?? 0, 1], 1), d, { transposeA: true })).reduce(sum);
  return [reshape(total, type.shape)];
}
