/** Writes the parts of an ONNX model. Field numbers are those of onnx.proto. */
import { DT, type TensorType } from '../graph.ts';
import { bytes, float, integer, join, message, text, type Message } from '../protobuf.ts';

/** By TensorFlow's numbers for types: ONNX's. */
const TYPES = new Map<number, number>([
  [DT.float, 1],
  [DT.int32, 6],
  [DT.int64, 7],
  [DT.bool, 9],
]);

/** The version of the format, and of the set of operators. */
const IR_VERSION = 10;
const OPSET = 21;
/** ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft';

export function typeNumber(dtype: number): number {
  const type = TYPES.get(dtype);
  if (type === undefined) throw new Error(`ONNX has no type for TensorFlow's type ${dtype}`);
  return type;
}

export type Attribute = number | readonly number[] | { float: number } | string;

function attributeProto(name: string, value: Attribute): Message {
  if (typeof value === 'string') return join(text(1, name), text(4, value), integer(20, 3));
  if (typeof value === 'number') return join(text(1, name), integer(3, value), integer(20, 2));
  if ('float' in value) return join(text(1, name), float(2, value.float), integer(20, 1));
  return join(text(1, name), ...value.map((x) => integer(8, x)), integer(20, 7));
}

/** An input or output of the model. */
const valueInfo = (name: string, { dtype, shape }: TensorType): Message =>
  join(
    text(1, name),
    message(2, message(1, integer(1, typeNumber(dtype)), message(2, ...shape.map((d) => message(1, integer(1, d)))))),
  );

export interface OpOptions {
  outputs?: number;
  attributes?: Readonly<Record<string, Attribute>>;
  domain?: string;
}

export interface Writer {
  /** The names of the op's outputs. */
  op(name: string, inputs: readonly string[], options?: OpOptions): string[];
  /** Equal ones are one. */
  constant(dtype: number, shape: readonly number[], raw: Uint8Array): string;
  finish(
    inputs: readonly (readonly [name: string, type: TensorType])[],
    outputs: readonly (readonly [name: string, value: string, type: TensorType])[],
  ): Uint8Array;
}

/** Names are numbered in order, so equal graphs give equal bytes in every process. */
export function writer(): Writer {
  const nodes: Message[] = [];
  const initializers: Message[] = [];
  const known = new Map<string, string>();

  function node(
    name: string,
    type: string,
    inputs: readonly string[],
    outputs: readonly string[],
    options: OpOptions,
  ): void {
    nodes.push(
      message(
        1,
        ...inputs.map((input) => text(1, input)),
        ...outputs.map((output) => text(2, output)),
        text(3, name),
        text(4, type),
        ...Object.entries(options.attributes ?? {}).map(([key, value]) => message(5, attributeProto(key, value))),
        ...(options.domain === undefined ? [] : [text(7, options.domain)]),
      ),
    );
  }
  return {
    op(type, inputs, options = {}) {
      const name = `n${nodes.length}`;
      const outputs = Array.from({ length: options.outputs ?? 1 }, (_, i) => (i === 0 ? name : `${name}_${i}`));
      node(name, type, inputs, outputs, options);
      return outputs;
    },
    constant(dtype, shape, raw) {
      const key = `${dtype}[${shape.join()}]${Buffer.from(raw).toString('base64')}`;
      const name = known.get(key) ?? `c${known.size}`;
      if (!known.has(key)) {
        known.set(key, name);
        const sizes = shape.map((size) => integer(1, size));
        initializers.push(message(5, ...sizes, integer(2, typeNumber(dtype)), text(8, name), bytes(9, raw)));
      }
      return name;
    },
    finish(inputs, outputs) {
      // An input cannot be an output, nor one value be two of them: each output is an Identity of its own.
      for (const [name, value] of outputs) node(name, 'Identity', [value], [name], {});
      const graph = join(
        ...nodes,
        text(2, 'step'),
        ...initializers,
        ...inputs.map(([name, type]) => message(11, valueInfo(name, type))),
        ...outputs.map(([name, , type]) => message(12, valueInfo(name, type))),
      );
      return join(
        integer(1, IR_VERSION),
        message(7, graph),
        message(8, text(1, ''), integer(2, OPSET)),
        message(8, text(1, MICROSOFT), integer(2, 1)),
      );
    },
  };
}
