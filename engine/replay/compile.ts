/**
 * A pure function of tensors, made fast on the native backend.
 *
 * There, each op of plain tfjs costs 15 to 25 µs before it computes anything: a training step of a recurrent network
 * runs a thousand of them. Here the step runs once under a recorder, what it did becomes one TensorFlow graph, and from
 * then on a call is one call into TensorFlow:
 *
 *   record (record.ts) → rewrite (rewrites/) → encode (saved-model.ts) → load and run (session.ts)
 *
 * Every call runs the graph, the first one too: so results do not depend on which call was the first one in its
 * process.
 */
import { dispose, engine, tensor, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { nativeBackend, type NativeBackend } from './binding.ts';
import { runEagerly } from './eager.ts';
import { deviceOf } from './device.ts';
import type { Graph } from './graph.ts';
import { lanes } from './lanes/index.ts';
import { record } from './record.ts';
import { rewrite } from './rewrites/index.ts';
import { toSavedModel } from './saved-model.ts';
import { openSession, type Session } from './session.ts';
import type { Compile, Compiled, TensorFunction } from './types.ts';

/**
 * A `compile` that says on `debug`, in a line, why a function runs operation by operation: on another backend, or
 * because something in it cannot be recorded.
 */
export function compiler(debug: (line: string) => void): Compile {
  return (step, name) => compileStep(step, (reason) => debug(`${name} runs operation by operation: ${reason}`));
}

export const compile: Compile = compiler(() => {});

function compileStep(step: TensorFunction, explain: (reason: string) => void): Compiled {
  /** By the number of lanes and the inputs' types and shapes; undefined: eager. */
  const sessions = new Map<string, Session | undefined>();
  /** By the types and shapes of one lane's inputs. */
  const graphs = new Map<string, Graph>();

  function graphOf(inputs: readonly Tensor[], count: number, backend: NativeBackend): Graph {
    const examples = inputs.map((x) => exampleOf(x, count));
    try {
      const key = keyOf(examples);
      const graph = graphs.get(key) ?? rewrite(recordPure(step, examples, backend), deviceOf(backend.binding));
      graphs.set(key, graph);
      return count === 1 ? graph : lanes(graph, count);
    } finally {
      dispose(examples);
    }
  }

  function first(key: string, inputs: Tensor[], count: number, backend: NativeBackend): Tensor[] {
    let session: Session | undefined;
    try {
      session = openSession(backend.binding, graphOf(inputs, count, backend));
      const outputs = replay(session, inputs, backend);
      sessions.set(key, session);
      return outputs;
    } catch (error) {
      session?.close();
      sessions.set(key, undefined);
      explain(error instanceof Error ? error.message : String(error));
      return runEagerly(step, inputs, count);
    }
  }

  function run(inputs: Tensor[], count: number): Tensor[] {
    const backend = nativeBackend();
    const key = backend === undefined ? 'eager' : `${count}×${keyOf(inputs)}`;
    const session = sessions.get(key);
    // Under tf.grad the ops themselves are wanted: the gradient goes through them.
    if (engine().state.gradientDepth > 0) return runEagerly(step, inputs, count);
    if (session !== undefined && backend !== undefined) return replay(session, inputs, backend);
    if (sessions.has(key)) return runEagerly(step, inputs, count);
    if (backend !== undefined) return first(key, inputs, count, backend);
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
      for (const session of sessions.values()) session?.close();
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

function replay(session: Session, inputs: readonly Tensor[], backend: NativeBackend): Tensor[] {
  return session.run(backend.getInputTensorIds(inputs)).map((handle) => backend.createOutputTensor(handle));
}

/**
 * Records the function twice: on copies of the inputs, and on zeros of their shapes. If the two graphs are not the same
 * to the byte, then something went into it that is not in its inputs (a random number, a counter), or what it does
 * depends on their values; throws.
 */
export function recordPure(step: TensorFunction, inputs: readonly Tensor[], backend: NativeBackend): Graph {
  const recordOn = (copies: Tensor[]): Graph => {
    try {
      return record(step, copies, backend);
    } finally {
      dispose(copies);
    }
  };
  const graph = recordOn(inputs.map((x) => tensor(x.dataSync().slice(), x.shape, x.dtype)));
  const again = recordOn(inputs.map(({ shape, dtype }) => zeros(shape, dtype)));
  const same = Buffer.compare(toSavedModel(graph).bytes, toSavedModel(again).bytes) === 0;
  if (!same) throw new Error('it does not do the same at every call');
  return graph;
}
