/** The seams of the science: what a cell, a task and an optimizer are. No Temporal, no disk, no clock. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { Metric, MetricName } from '../core/metrics.ts';
import type { Metrics, Observation } from '../core/results.ts';
import type { ModelSpec, TrainingSpec } from '../core/spec.ts';
import type { Tensors } from '../engine/tensors.ts';
import type { Stream } from './random.ts';

export type { Tensors } from '../engine/tensors.ts';

/** Trainable tensors by name: 'layer0.kernel', 'output.bias'. */
export type Weights = Tensors;

/** A layer's memory between time steps: {h} for an RNN, {h, c} for an LSTM; each [batch, units]. */
export type State = Record<string, Tensor2D>;

/** An entry's own options, read by its schema. */
export type OptionsOf<S extends z.ZodObject> = z.output<S>;
export type Options = OptionsOf<z.ZodObject>;

/** What every registry entry says of itself, for `sweep list`, the JSON Schema and the docs. */
export interface Entry<S extends z.ZodObject = z.ZodObject> {
  /** Its key in the registry. */
  name: string;
  /** One line. */
  summary: string;
  /** Where its equations come from: seed document or paper, equation numbers. */
  source: string;
  /** Its own options, each described and with a default: a strict object. */
  options: S;
}

/** A layer's weights and state as plain arrays of doubles; one example, and its state by name. */
export type PlainWeights = Record<string, { shape: number[]; values: ArrayLike<number> }>;
export type PlainState = Record<string, number[]>;

/** What the contract tests put a cell to. It stands beside the cell, so that a new one is one file. */
export interface CellCheck<S extends z.ZodObject = z.ZodObject> {
  /** Options to test it with: the usual ones, and whatever else changes its equations. */
  variants: readonly Partial<OptionsOf<S>>[];
  /**
   * Its equations once more, unit by unit, without TensorFlow: one time step of one example. Slow and obvious; left
   * out: its slopes are compared with differences of its own values.
   */
  plain?: (weights: PlainWeights, x: number[], state: PlainState, t: number, options: OptionsOf<S>) => PlainState;
  /** Losses of two layers at steps 0, 3 and 6; `npm run check` prints them. */
  golden: readonly number[];
}

/** What they put an optimizer to. */
export interface OptimizerCheck<S extends z.ZodObject = z.ZodObject> {
  /** Constants that differ from the defaults, so that an ignored one shows. */
  others: Partial<OptionsOf<S>>;
  /** The rule on one number, in doubles, as its paper has it: where a weight is after these gradients. */
  plain: (w: number, gradients: readonly number[], rate: number, options: OptionsOf<S>) => number;
  /** Losses at steps 0, 3 and 6; `npm run check` prints them. */
  golden: readonly number[];
}

export interface LayerSize {
  inputs: number;
  units: number;
}

/**
 * A recurrent cell. The input's share of every gate, W_x x^(t) + b, is computed for the whole sequence in one matrix
 * product (`project`) and handed to `step`, so that a step costs only what depends on the state.
 */
export interface Cell<S extends z.ZodObject = z.ZodObject> extends Entry<S> {
  /** Initial weights of one layer; names are local to the layer. */
  init(size: LayerSize, options: OptionsOf<S>, stream: Stream): Weights;
  /** How many numbers init() makes, by formula. */
  parameters(size: LayerSize, options: OptionsOf<S>): number;
  /** [rows, inputs] -> [rows, gates × units]; a row is one example at one time. */
  project(weights: Weights, inputs: Tensor2D, options: OptionsOf<S>): Tensor2D;
  initialState(batch: number, units: number, options: OptionsOf<S>): State;
  /**
   * One time step; `t` counts from 1 as the equations do, a scalar if it is not known beforehand. The layer's output is
   * the new state's h.
   */
  step(weights: Weights, projected: Tensor2D, state: State, t: number | Tensor, options: OptionsOf<S>): State;
  /**
   * For cells with more to see than h: what a layer of them shows of itself over time steps 1 to `steps`; undefined:
   * nothing at this point.
   */
  observe?(
    weights: Weights,
    options: OptionsOf<S>,
    steps: number,
    at: Moment,
  ): { kind: Observed['kind']; data: JsonObject } | undefined;
  check: CellCheck<S>;
}

/** What a task draws from a stream for one step: tensors only, so that a step is a function of tensors. */
export type Batch = Tensors;

/** A metric of core/metrics.ts, and in a few words what it is of in this task. */
export interface TaskMetric extends Metric {
  meaning: string;
}

/** What is learned. A task owns its output layer, and may own the whole network (an encoder and a decoder). */
export interface Task<S extends z.ZodObject = z.ZodObject> extends Entry<S> {
  /** Every number that an evaluation yields: at least `loss`. Stop rules and objectives name these. */
  metrics: Readonly<Record<'loss', TaskMetric> & Partial<Record<MetricName, TaskMetric>>>;
  /** Whether its networks write text: then a sweep file may have `sampling`, and problems have a writer. */
  writes?: boolean;
  /**
   * Whether what they write answers the prompt, rather than going on from it: then the likeliest answer is what is
   * wanted.
   */
  answers?: boolean;
  /**
   * The task with its network. Heavy things (a corpus) are loaded here, before training; throws a UserError for
   * combinations of options that make no sense. `corpus` is the text that the option `corpus` names, for tasks that
   * have it.
   */
  build(options: OptionsOf<S>, model: ModelSpec, training: TrainingSpec, corpus?: string): Problem;
}

/** Everything train() needs to know, and nothing it must not: neither cell nor task. */
export interface Problem {
  /** Initial weights. */
  init(stream: Stream): Weights;
  /** How many numbers init() makes, by formula. */
  parameters: number;
  /** `size` examples; the same stream gives the same batch. `stream.step` is the training step they are for. */
  batch(stream: Stream, size: number): Batch;
  /** What evaluations look at; left out: batches as in training. Successive calls go on with the stream. */
  evaluationBatch?(stream: Stream, size: number): Batch;
  /**
   * What is handed from each training step to the next beside the weights: a recurrent state that lives across windows
   * of a text, a running average. Left out: nothing.
   */
  carried?(size: number): Tensors;
  /** Mean loss over the batch, a scalar differentiable in the weights, and what is carried on. Pure. */
  loss(weights: Weights, batch: Batch, carried: Tensors): { loss: Tensor; carried?: Tensors };
  /** A scalar for each of the task's metrics, averaged over the batch. Pure. */
  metrics(weights: Weights, batch: Batch, carried: Tensors): Tensors;
  /**
   * What else there is to see of the network, looked at with each point of the curve: samples, gradients, gates,
   * attention. Draws from `stream` alone and changes nothing; called inside a tidy, outside the recorded step.
   */
  observe?(weights: Weights, at: Moment, stream: Stream): Observed[];
  /** For tasks whose networks write text (Task.writes). */
  writer?: Writer;
}

/** An observation, but for its step. */
export type Observed = Omit<Observation, 'step'>;

/** A point of the curve. */
export interface Moment {
  step: number;
  first: boolean;
  last: boolean;
}

export interface Writer {
  /**
   * Goes on from the prompt; throws a UserError that names a character which is not in the vocabulary. Called inside a
   * tidy.
   */
  write(weights: Weights, request: WriteRequest, stream: Stream): string;
  /** Throws that error, if there is one, before anything is trained. */
  check?(prompt: string): void;
  /**
   * Numbers to tell the samples of one temperature by: distinct n-grams, share of known words, …; text i went on from
   * prompt i.
   */
  metrics(texts: string[], prompts: string[]): Metrics;
}

export interface WriteRequest {
  prompt: string;
  /** Characters to write at most; a task whose texts end by themselves may stop earlier. */
  length: number;
  /** Divides the logits before the softmax; 'greedy' takes the likeliest. */
  temperature: number | 'greedy';
  /** Called while it goes on, after each symbol. */
  onTurn?: () => void;
}

/** An optimizer's options as its update sees them: numbers are scalars, so that one recorded step serves them all. */
export type Constants<S extends z.ZodObject> = {
  [K in keyof OptionsOf<S>]: OptionsOf<S>[K] extends number ? Tensor | number : OptionsOf<S>[K];
};

/** An update rule as a pure function. */
export interface Optimizer<S extends z.ZodObject = z.ZodObject> extends Entry<S> {
  /**
   * Whether each number's update looks at nothing but that number, its gradient and its state, as it is for most: then
   * all weights are updated as one vector, which is faster. Left out: no.
   */
  elementwise?: boolean;
  /** Its state before the first step: the weights' names with a suffix, 'layer0.kernel/square'. */
  init(weights: Weights): Tensors;
  /** `rate` and `step` (which counts from 1, for bias correction) are scalars. */
  update(
    weights: Weights,
    gradients: Tensors,
    state: Tensors,
    rate: Tensor,
    step: Tensor,
    constants: Constants<S>,
  ): Updated;
  check: OptimizerCheck<S>;
}
export interface Updated {
  weights: Weights;
  state: Tensors;
}
