import { DT, typeOf, valueOf, type Graph, type Value } from '../../graph.ts';
import { floats } from '../../rewrites/build.ts';
import { transform } from '../../rewrites/transform.ts';

/**
 * Eigen computes these, in SIMD packets from the first number on that lies at a whole packet's address, and those
 * before it by another formula.
 */
const BY_ADDRESS = new Set(['Cos', 'Elu', 'Log', 'LogSoftmax', 'Sin', 'Softplus', 'Tan']);
/** These leave a tensor where it lies. */
const VIEWS = new Set(['ExpandDims', 'Identity', 'PlaceholderWithDefault', 'Reshape']);

/**
 * Where an input lies, no process knows of another: it is copied, to where ONNX Runtime aligns it, before its address
 * would decide over a bit.
 */
export function alignInputs(graph: Graph): Graph {
  return transform(graph, (node) => {
    if (!BY_ADDRESS.has(node.op) || !node.inputs.some(isInput)) return undefined;
    return [valueOf({ ...node, inputs: node.inputs.map((value) => (isInput(value) ? copy(value) : value)) })];
  });
}

function isInput({ node }: Value): boolean {
  const [first] = node.inputs;
  return node.op === 'Placeholder' || (VIEWS.has(node.op) && first !== undefined && isInput(first));
}

const copy = (value: Value): Value =>
  valueOf({
    op: 'Mul',
    inputs: [value, floats([], 1)],
    attributes: { T: { kind: 'type', value: DT.float } },
    outputs: [typeOf(value)],
  });
