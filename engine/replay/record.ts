/**
 * Recording: run a function once, and write down every op it executes.
 *
 * A stand-in takes the binding's place for that one call. It has the binding execute each op and notes its name, its
 * attributes and which earlier tensors it read. What results is the function's graph, gradients included: tfjs computes
 * them by running more kernels.
 */
import { dispose, engine, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Binding, BindingAttribute, Handle, HostValues, KernelBackend } from './binding.ts';
import { constant, DT, placeholder, type Attribute, type Graph, type Node, type Value } from './graph.ts';
import type { TensorFunction } from './types.ts';

/** Ops whose result is not a function of their inputs, or which do more than return it. */
const impure =
  /^(Random|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal|StatelessRandomGetKeyCounter|Write|.*Summary|Print|Assert|PyFunc)/;
/** Ops whose output's shape depends on values: tfjs builds on the shape it sees, which another call would not have. */
const shapedByValues = /^(Where|Unique|UniqueV2|NonMaxSuppression.*|BooleanMask|ListDiff)$/;

/**
 * Runs step(...inputs), throws its result away and returns its graph; throws the reason if it cannot be written down.
 */
export function record(step: TensorFunction, inputs: readonly Tensor[], backend: KernelBackend): Graph {
  const { binding } = backend;
  const writer = recorder(binding, inputs, backend.getInputTensorIds(inputs));
  let outputs: Value[] = [];
  backend.binding = writer.standIn;
  try {
    tidy(() => {
      const results = step(...inputs);
      outputs = backend.getInputTensorIds(results).map(writer.valueOf);
      dispose(results.filter((result) => !inputs.includes(result)));
    });
    return writer.finish(outputs);
  } catch (error) {
    dropTape();
    throw error;
  } finally {
    backend.binding = binding;
  }
}

/** What a gradient that was broken off had saved: tfjs keeps it for ever. */
function dropTape(): void {
  const { state } = engine();
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) dispose(saved);
  state.activeTape = [];
}

function recorder(binding: Binding, tensors: readonly Tensor[], ids: readonly number[]) {
  const inputs = tensors.map(({ shape, dtype }) => placeholder({ shape, dtype: inputType(dtype) }));
  const nodes: Node[] = [...inputs];
  const values = new Map<number, Value>();
  /** Tensors whose values JavaScript has looked at since the last op. */
  const looked = new Set<number>();

  ids.forEach((id, i) => {
    if (values.has(id)) throw new Error('two inputs are one tensor');
    values.set(id, { node: nodes[i] as Node, index: 0 });
  });

  function valueOf(id: number): Value {
    const value = values.get(id);
    if (value === undefined) throw new Error('it uses a tensor that is neither an input nor made inside');
    return value;
  }

  function add(node: Node, outputs: readonly number[]): void {
    nodes.push(node);
    outputs.forEach((id, index) => values.set(id, { node, index }));
  }

  /**
   * tfjs-node's gather looks at its indices to check them, which TensorFlow does again. Anything else may depend on
   * what it saw.
   */
  function checkLooks(op: string, inputIds: readonly number[]): void {
    for (const id of looked) {
      if (op !== 'GatherV2' || id !== inputIds[1])
        throw new Error('it reads the values of a tensor that depends on its inputs');
    }
    looked.clear();
  }

  function createTensor(shape: number[], dtype: number, data: HostValues | Uint8Array[]): number {
    if (!ArrayBuffer.isView(data)) throw new Error('it makes a tensor of strings');
    const id = binding.createTensor(shape, dtype, data);
    const bytes = Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    add(constant({ dtype, shape: [...shape] }, bytes), [id]);
    return id;
  }

  function tensorDataSync(id: number): HostValues {
    if (values.get(id)?.node.op !== 'Const') looked.add(id);
    return binding.tensorDataSync(id);
  }

  function executeOp(op: string, attributes: BindingAttribute[], inputIds: number[], outputCount: number): Handle[] {
    if (impure.test(op)) throw new Error(`it runs ${op}, which is not a function of its inputs`);
    if (shapedByValues.test(op)) throw new Error(`it runs ${op}, whose output's shape depends on values`);
    checkLooks(op, inputIds);
    const node = {
      op,
      attributes: Object.fromEntries(
        attributes.map((attribute) => [attribute.name, attributeOf(binding, op, attribute)]),
      ),
      inputs: inputIds.map(valueOf),
    };
    const outputs = binding.executeOp(op, attributes, inputIds, outputCount);
    add(
      { ...node, outputs: outputs.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })) },
      outputs.map(({ id }) => id),
    );
    return outputs;
  }

  /** Everything else is the binding's own. */
  const standIn = Object.create(binding, {
    createTensor: { value: createTensor },
    tensorDataSync: { value: tensorDataSync },
    executeOp: { value: executeOp },
  }) as Binding;

  function finish(outputs: Value[]): Graph {
    checkLooks('', []);
    return { nodes, inputs, outputs };
  }
  return { standIn, valueOf, finish };
}

function inputType(dtype: string): number {
  const types: Record<string, number> = { float32: DT.float, int32: DT.int32, bool: DT.bool };
  const type = types[dtype];
  if (type === undefined) throw new Error(`an input is of type ${dtype}`);
  return type;
}

function attributeOf(binding: Binding, op: string, { name, type, value }: BindingAttribute): Attribute {
  const kinds = new Map<number, Attribute['kind']>([
    [binding.TF_ATTR_TYPE, 'type'],
    [binding.TF_ATTR_BOOL, 'bool'],
    [binding.TF_ATTR_INT, 'int'],
    [binding.TF_ATTR_FLOAT, 'float'],
    [binding.TF_ATTR_STRING, 'string'],
    [binding.TF_ATTR_SHAPE, 'shape'],
  ]);
  const kind = kinds.get(type);
  if (kind === undefined) throw new Error(`attribute ${name} of ${op} is of a kind that is not known here (${type})`);
  return { kind, value: Array.isArray(value) ? [...value] : value } as Attribute;
}
