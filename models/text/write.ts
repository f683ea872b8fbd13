/**
 * Writing: what a network has read so far gives a distribution over the next symbol; one is chosen, and read in its
 * turn.
 */
import {
  cast,
  oneHot,
  reshape,
  scalar,
  tensor1d,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { TrainingSpec } from '../../core/spec.ts';
import { compile } from '../../engine/replay/index.ts';
import { compileNamed, eager } from '../../engine/named.ts';
import type { OutputLayer } from '../layers/output.ts';
import type { Stream } from '../random.ts';
import { disposeAll } from '../../engine/tensors.ts';
import type { Moment, Weights, WriteRequest } from '../types.ts';
import { layersOf, statesOf, type Network } from '../layers/unroll.ts';

/** softmax(logits / T), seed 001 question 2.1c (Goodfellow et al., section 17.5.1). In doubles; sums to 1. */
export function softmax(logits: ArrayLike<number>, temperature: number): number[] {
  const values = Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity); // taken off first: then no exponential overflows
  const powers = values.map((x) => Math.exp((x - largest) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / sum);
}

/** The likeliest symbol, or one drawn from softmax(logits / temperature). */
export function choose(logits: ArrayLike<number>, temperature: WriteRequest['temperature'], stream: Stream): number {
  const values = Array.from(logits);
  const likeliest = values.indexOf(values.reduce((a, b) => Math.max(a, b), -Infinity));
  if (temperature === 'greedy') return likeliest;
  let left = stream.uniform();
  const drawn = softmax(values, temperature).findIndex((share) => (left -= share) < 0);
  return drawn === -1 ? likeliest : drawn; // rounding may leave a crumb at the end
}

/** A network of one-hot symbols, ready to be read to. */
export interface Reader {
  /** Reads a symbol (−1: the zero vector); the logits of the next. */
  read(symbol: number): ArrayLike<number>;
  dispose(): void;
}

/** A text of so many symbols is worth a recording, which takes as long as reading 20 to 30 operation by operation. */
const LONG = 30;

export interface ReaderOf {
  network: Network;
  output: OutputLayer;
  weights: Weights;
  vocabulary: { size: number };
}

/**
 * Starts from an empty memory, which lives on from symbol to symbol however long the text gets. `expected`: about how
 * long.
 */
export function readerOf({ network, output, weights, vocabulary: { size } }: ReaderOf, expected: number): Reader {
  const step = compileNamed(expected < LONG ? eager : compile, 'read', (weights, memory, { symbol, elapsed }) => {
    const x: Tensor3D = reshape(cast(oneHot(symbol as Tensor1D, size), 'float32'), [1, 1, size]);
    const { outputs, states } = network.run(weights, x, statesOf(memory, network), elapsed);
    return [layersOf(states), { logits: output.logits(weights, outputs[0] as Tensor2D) }];
  });
  let memory = layersOf(network.initialStates(1));
  let read = 0;
  return {
    read(symbol) {
      const now = { symbol: tensor1d([symbol], 'int32'), elapsed: scalar(read) };
      const [next = {}, { logits } = {}] = step.run(weights, memory, now);
      const values = (logits as Tensor).dataSync() as Float32Array;
      disposeAll(memory, now, { logits: logits as Tensor });
      memory = next;
      read += 1;
      return values;
    },
    dispose() {
      disposeAll(memory);
      step.dispose();
    },
  };
}

/** How to write, and how much. */
export type Manner = Omit<WriteRequest, 'prompt'>;

/**
 * Reads the prompt's symbols, then writes up to `length` more; ends at the symbol `end`, which is not part of the text.
 * The prompt has one symbol or more.
 */
export function writeOn(
  reader: Reader,
  prompt: ArrayLike<number>,
  manner: Manner,
  stream: Stream,
  end?: number,
): number[] {
  const { length, temperature, onTurn } = manner;
  const read = (symbol: number) => {
    const next = reader.read(symbol);
    onTurn?.();
    return next;
  };
  let logits = Array.from(prompt, read).at(-1) as ArrayLike<number>;
  const written: number[] = [];
  while (written.length < length) {
    const symbol = choose(logits, temperature, stream);
    if (symbol === end) break;
    written.push(symbol);
    if (written.length < length) logits = read(symbol);
  }
  return written;
}

/**
 * Whether samples are due at this point of the curve: the first, the last, and the first at or after each multiple of
 * `every`.
 */
export function samplesDue({ step, first, last }: Moment, every: number, { evaluateEvery }: TrainingSpec): boolean {
  return first || last || Math.floor(step / every) !== Math.floor((step - evaluateEvery) / every);
}
