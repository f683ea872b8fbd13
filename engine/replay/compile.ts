/**
 * A pure function of tensors, made fast where there is a device for it.
 *
 * Each op of plain tfjs on a native backend costs 15 to 25 µs before it computes anything, and a function of many small
 * ops runs a thousand of them. Here the function runs once under a recorder, what it did becomes one graph, and from
 * then on a call is one call into the device:
 *
 *   record (record.ts) → rewrite (rewrites/) → lanes (lanes/) → encode, load and run (the device's folder)
 *
 * Every call runs the graph, the first one too: so results do not depend on which call was the first one in its
 * process.
 */
import { dispose, engine, tensor, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { deviceInUse } from './devices.ts';
import { runEagerly } from './eager.ts';
import { sameGraph, type Graph } from './graph.ts';
import { lanes } from './lanes/index.ts';
import type { Compile, Compiled, Device, Session, TensorFunction } from './types.ts';

/**
 * A `compile` that says on `debug`, in a line, why a function runs operation by operation: on another backend, or
 * because something in it cannot be recorded.
 */
export function compiler(debug: (line: string) => void): Compile {
  return (step, name) => compileStep(step, (reason) => debug(`${name} runs operation by operation: ${reason}`));
}

export const compile: Compile = compiler(() => {});

function compileStep(step: TensorFunction, explain: (reason: string) => void): Compiled {
  /** By the device, the number of lanes and the inputs' types and shapes; undefined: eager. */
  const sessions = new Map<string, Session | undefined>();
  /** By the device, and the types and shapes of one lane's inputs. */
  const graphs = new Map<string, Graph>();

  function graphOf(inputs: readonly Tensor[], count: number, device: Device): Graph {
    const examples = inputs.map((x) => exampleOf(x, count));
    try {
      const key = `${device.name} ${keyOf(examples)}`;
      const graph = graphs.get(key) ?? rewritten(recordPure(step, examples, device), device);
      graphs.set(key, graph);
      return count === 1 ? graph : lanes(graph, count, device.laneRules);
    } finally {
      dispose(examples);
    }
  }

  function first(key: string, inputs: Tensor[], count: number, device: Device): Tensor[] {
    let session: Session | undefined;
    try {
      session = device.openSession(graphOf(inputs, count, device));
      const outputs = session.run(inputs);
      sessions.set(key, session);
      return outputs;
    } catch (error) {
      session?.dispose();
      sessions.set(key, undefined);
      explain(error instanceof Error ? error.message : String(error));
      return runEagerly(step, inputs, count);
    }
  }

  function run(inputs: Tensor[], count: number): Tensor[] {
    // Under tf.grad the ops themselves are wanted: the gradient goes through them.
    if (engine().state.gradientDepth > 0) return runEagerly(step, inputs, count);
    const device = deviceInUse();
    const key = device === undefined ? 'eager' : `${device.name} ${count}×${keyOf(inputs)}`;
    const session = sessions.get(key);
    if (session !== undefined) return session.run(inputs);
    if (sessions.has(key)) return runEagerly(step, inputs, count);
    if (device !== undefined) return first(key, inputs, count, device);
    sessions.set(key, undefined);
    explain('recording needs the native backend');
    return runEagerly(step, inputs, count);
  }

  return {
    run: (...inputs) => run(inputs, 1),
    lanes:
      (count) =>
      (...inputs) =>
        run(inputs, count),
    get replayed() {
      return sessions.size > 0 && [...sessions.values()].every((session) => session !== undefined);
    },
    dispose() {
      for (const session of sessions.values()) session?.dispose();
      sessions.clear();
      graphs.clear();
    },
  };
}

/** A copy of what the first lane is given. */
function exampleOf(x: Tensor, count: number): Tensor {
  const shape = count === 1 ? x.shape : x.shape.slice(1);
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(x.dataSync().slice(0, size), shape, x.dtype);
}

const keyOf = (inputs: readonly Tensor[]): string => inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join();

const rewritten = (recording: Graph, { rewrites }: Device): Graph =>
  rewrites.reduce((graph, apply) => apply(graph), recording);

/**
 * Records the function twice: on copies of the inputs, and on zeros of their shapes. If the two graphs are not the same
 * to the bit, then something went into it that is not in its inputs (a random number, a counter), or what it does
 * depends on their values; throws.
 */
export function recordPure(step: TensorFunction, inputs: readonly Tensor[], device: Device): Graph {
  const recordOn = (copies: Tensor[]): Graph => {
    try {
      return device.record(step, copies);
    } finally {
      dispose(copies);
    }
  };
  const graph = recordOn(inputs.map((x) => tensor(x.dataSync().slice(), x.shape, x.dtype)));
  const again = recordOn(inputs.map(({ shape, dtype }) => zeros(shape, dtype)));
  if (!sameGraph(graph, again)) throw new Error('it does not do the same at every call');
  return graph;
}
