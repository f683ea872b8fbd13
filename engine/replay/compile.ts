/**
 * A pure function of tensors, made fast where there is a device for it.
 *
 * Each op of plain tfjs on a native backend costs 15 to 25 µs before it computes anything, and a function of many small
 * ops runs a thousand of them. Here the function is recorded once, what it does becomes one graph, and from then on a
 * call is one call into the device:
 *
 *   record (record.ts, shapes/) → rewrite (rewrites/) → lanes (lanes/) → encode, load and run (the device's folder)
 *
 * Every call runs the graph, the first one too: so results do not depend on which call was the first one in its
 * process.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { deviceInUse } from './devices.ts';
import { runEagerly } from './eager.ts';
import { sameGraph, type Graph } from './graph.ts';
import { lanes } from './lanes/index.ts';
import { isRecording, recordShapes, UnknownShape } from './shapes/index.ts';
import type { Compile, Compiled, Device, Session, Signature, TensorFunction } from './types.ts';

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
    const signatures = inputs.map((x) => laneSignature(x, count));
    const key = `${device.name} ${keyOf(signatures)}`;
    const graph = graphs.get(key) ?? rewritten(recordPure(step, signatures, device), device);
    graphs.set(key, graph);
    return count === 1 ? graph : lanes(graph, count, device.laneRules);
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
    // Under tf.grad the ops themselves are wanted: the gradient goes through them. So they are by whoever records.
    if (engine().state.gradientDepth > 0 || isRecording()) return runEagerly(step, inputs, count);
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

/** What one lane is given. */
const laneSignature = ({ shape, dtype }: Tensor, count: number): Signature => ({
  shape: count === 1 ? shape : shape.slice(1),
  dtype,
});

const keyOf = (inputs: readonly Signature[]): string =>
  inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join();

const rewritten = (recording: Graph, { rewrites }: Device): Graph =>
  rewrites.reduce((graph, apply) => apply(graph), recording);

/**
 * Records the function twice. If the two graphs are not the same to the bit, then something went into it that is not in
 * its inputs (a random number, a counter); throws.
 */
export function recordPure(step: TensorFunction, signatures: readonly Signature[], device: Device): Graph {
  const [graph, again] = [recordOnce(step, signatures, device), recordOnce(step, signatures, device)];
  if (!sameGraph(graph, again)) throw new Error('it does not do the same at every call');
  return graph;
}

function recordOnce(step: TensorFunction, signatures: readonly Signature[], { recordRun }: Device): Graph {
  try {
    return recordShapes(step, signatures);
  } catch (error) {
    if (recordRun === undefined || !(error instanceof UnknownShape)) throw error;
    return recordRun(step, signatures);
  }
}
