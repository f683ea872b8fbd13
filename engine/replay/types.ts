import type { DataType, Tensor } from '@tensorflow/tfjs-core';
import type { Graph } from './graph.ts';
import type { LaneRules } from './lanes/types.ts';

/** A pure function of tensors: the same inputs give the same outputs, and nothing else happens. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor[];

/** What a function can be recorded on. */
export interface Signature {
  shape: readonly number[];
  dtype: DataType;
}

export interface Compiled {
  /** The outputs are new tensors that the caller disposes of; whatever is made on the way is disposed of already. */
  run: TensorFunction;
  /**
   * The same for several lanes in one run: each tensor, in and out, has one more axis in front, of `count` lanes. A
   * lane gets the bits that run() gives it alone.
   */
  lanes(count: number): TensorFunction;
  /** Whether it runs as one recorded graph, rather than operation by operation. Known after the first run. */
  readonly replayed: boolean;
  dispose(): void;
}

/**
 * Makes a pure function fast. Calls have inputs of the same number and types; few different shapes. `name` is for
 * messages.
 */
export type Compile = (step: TensorFunction, name: string) => Compiled;

/** The same mathematics as another graph. */
export type Rewrite = (graph: Graph) => Graph;

/** A graph, loaded and ready to run. */
export interface Session {
  /** Tensors of the backend in use, in the order of the graph's inputs; new ones come out. Throws if an op fails. */
  run(inputs: readonly Tensor[]): Tensor[];
  dispose(): void;
}

/** What runs graphs, with what it needs done to a recording so that the graph suits it. */
export interface Device {
  /** Its own among the devices: what was compiled for one is not run on another. */
  name: string;
  /**
   * The function's graph, by running it on zeros: for ops whose results' shapes are not known before (shapes/). Throws
   * the reason if it cannot be written down. Left out: such a function runs operation by operation.
   */
  recordRun?(step: TensorFunction, signatures: readonly Signature[]): Graph;
  /** Applied to a recording one after the other. */
  rewrites: readonly Rewrite[];
  /** For which ops one op serves all lanes without changing a bit here. */
  laneRules: LaneRules;
  /** Throws the reason if it does not take the graph. */
  openSession(graph: Graph): Session;
}
