/**
 * A pure function of tensors, made fast on the native backend.
 *
 * There, each op of plain tfjs costs 15 to 25 µs before it computes anything: a training step of a recurrent network runs a
 * thousand of them. Here the step runs once under a recorder, what it did becomes one TensorFlow graph, and from then on a
 * call is one call into TensorFlow:
 *
 *   record (record.ts) → rewrite (rewrites/) → encode (saved-model.ts) → load and run (session.ts)
 *
 * Every call runs the graph, the first one too: so results do not depend on which call was the first one in its process.
 */
import { dispose, engine, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { nativeBackend, type NativeBackend } from './binding.ts';
import type { Graph } from './graph.ts';
import { record } from './record.ts';
import { rewrite } from './rewrites/index.ts';
import { toSavedModel } from './saved-model.ts';
import { openSession, type Session } from './session.ts';
import type { Compile, Compiled, TensorFunction } from './types.ts';

/**
 * A `compile` that says on `debug`, in a line, why a function runs operation by operation: on another backend, or because
 * something in it cannot be recorded.
 */
export function compiler(debug: (line: string) => void): Compile {
  return (step, name) => compileStep(step, (reason) => debug(`${name} runs operation by operation: ${reason}`));
}

export const compile: Compile = compiler(() => {});

function compileStep(step: TensorFunction, explain: (reason: string) => void): Compiled {
  /** By the inputs' types and shapes; undefined: eager. */
  const sessions = new Map<string, Session | undefined>();

  const eager = (inputs: Tensor[]): Tensor[] => tidy(() => step(...inputs));

  function first(key: string, inputs: Tensor[], backend: NativeBackend): Tensor[] {
    let session: Session | undefined;
    try {
      const device = backend.binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
      session = openSession(backend.binding, rewrite(recordPure(step, inputs, backend), device));
      const outputs = replay(session, inputs, backend);
      sessions.set(key, session);
      return outputs;
    } catch (error) {
      session?.close();
      sessions.set(key, undefined);
      explain(error instanceof Error ? error.message : String(error));
      return eager(inputs);
    }
  }

  return {
    run(...inputs) {
      const backend = nativeBackend();
      const key = backend === undefined ? 'eager' : keyOf(inputs);
      const session = sessions.get(key);
      // Under tf.grad the ops themselves are wanted: the gradient goes through them.
      if (engine().state.gradientDepth > 0) return eager(inputs);
      if (session !== undefined && backend !== undefined) return replay(session, inputs, backend);
      if (sessions.has(key)) return eager(inputs);
      if (backend !== undefined) return first(key, inputs, backend);
      sessions.set(key, undefined);
      explain('recording needs the native backend');
      return eager(inputs);
    },
    get replayed() { return sessions.size > 0 && [...sessions.values()].every((session) => session !== undefined); },
    dispose() {
      for (const session of sessions.values()) session?.close();
      sessions.clear();
    },
  };
}

const keyOf = (inputs: readonly Tensor[]): string => inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join();

function replay(session: Session, inputs: readonly Tensor[], backend: NativeBackend): Tensor[] {
  return session.run(backend.getInputTensorIds(inputs)).map((handle) => backend.createOutputTensor(handle));
}

/**
 * Records the function twice: on copies of the inputs, and on zeros of their shapes. If the two graphs are not the same to
 * the byte, then something went into it that is not in its inputs (a random number, a counter), or what it does
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
