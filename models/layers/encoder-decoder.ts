/**
 * Two recurrent networks for sequences of different lengths: one reads the whole input, the other then writes the
 * output.
 */
import {
  argMax,
  cast,
  concat,
  fill,
  notEqual,
  oneHot,
  reshape,
  slice,
  stack,
  transpose,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../core/spec.ts';
import { attentionOf, type AttentionKind } from './attention.ts';
import { outputLayer } from './output.ts';
import type { Stream } from '../random.ts';
import { prefixed, within } from '../../engine/tensors.ts';
import type { State, Weights } from '../types.ts';
import { recurrentNetwork } from './unroll.ts';

export interface Symbols {
  /** How many the encoder reads; `pad` is one of them, and stands for nothing. */
  inputs: number;
  pad: number;
  /** How many the decoder writes; `end` is one of them, which it reads first and writes last. */
  outputs: number;
  end: number;
}

export interface Written {
  /** [batch, steps] */
  symbols: Tensor2D;
  /** What each looked at, [batch, steps, inputs]; undefined without attention. */
  alpha: Tensor3D | undefined;
}

export interface EncoderDecoder {
  parameters: number;
  /** Weights under 'encoder.', 'decoder.', 'attention.' and 'output.'. */
  init(stream: Stream): Weights;
  /**
   * The logits of each symbol of the target, after those before it (teacher forcing): [batch × time, outputs]. Both
   * int32 [batch, time].
   */
  logits(weights: Weights, source: Tensor2D, target: Tensor2D): Tensor2D;
  /**
   * Writes `steps` symbols, each chosen from its logits [batch, outputs] and then read in its turn. Left out: the
   * likeliest.
   */
  write(weights: Weights, source: Tensor2D, steps: number, choose?: (logits: Tensor2D) => Tensor2D): Written;
}

/** What has been read, or read and written, so far. */
interface Memory {
  states: State[];
  read: Tensor3D;
  mask: Tensor2D;
}

const likeliest = (logits: Tensor2D): Tensor2D => reshape(argMax(logits, 1), [-1, 1]);

/** [batch, time] -> [time, batch, symbols] */
const coded = (symbols: Tensor2D, count: number): Tensor3D =>
  cast(oneHot(transpose(symbols), count) as Tensor3D, 'float32');

/**
 * Seed 003 problem 4. The decoder begins where the encoder has ended: h^(0) of every layer is the encoder's last (the
 * context vector), and padding leaves it as it was. It reads `end`, then each symbol that it has written. With
 * attention, what becomes of its state at each step also depends on what it sees in all the encoder's states
 * (attention.ts).
 */
export function encoderDecoder(
  model: ModelSpec,
  kind: AttentionKind | 'none',
  { inputs, pad, outputs, end }: Symbols,
): EncoderDecoder {
  const encoder = recurrentNetwork(model, inputs);
  const decoder = recurrentNetwork(model, outputs);
  const attention = kind === 'none' ? undefined : attentionOf(kind, model.hiddenUnits);
  const output = outputLayer(model.hiddenUnits, outputs);

  function read(weights: Weights, source: Tensor2D): Memory {
    const mask = cast(notEqual<Tensor2D>(source, pad), 'float32');
    const run = encoder.run(within(weights, 'encoder'), coded(source, inputs), undefined, 0, {
      mask: reshape(transpose(mask), [source.shape[1], -1, 1]),
    });
    return { states: run.states, read: stack(run.outputs, 1) as Tensor3D, mask };
  }

  /** Lets the decoder read symbols [batch, time], after `elapsed` others. */
  function decode(weights: Weights, symbols: Tensor2D, memory: Memory, elapsed: number) {
    const run = decoder.run(within(weights, 'decoder'), coded(symbols, outputs), memory.states, elapsed);
    const s = stack(run.outputs, 1) as Tensor3D;
    const seen = attention?.attend(within(weights, 'attention'), s, memory.read, memory.mask);
    const logits = output.logits(weights, reshape(seen?.attended ?? s, [-1, model.hiddenUnits]));
    return { logits, alpha: seen?.alpha, memory: { ...memory, states: run.states } };
  }

  return {
    parameters: encoder.parameters + decoder.parameters + (attention?.parameters ?? 0) + output.parameters,
    init: (stream) => ({
      ...prefixed('encoder', encoder.init(stream)),
      ...prefixed('decoder', decoder.init(stream)),
      ...(attention && prefixed('attention', attention.init(stream))),
      ...output.init(stream),
    }),
    logits(weights, source, target) {
      const [batch, time] = target.shape;
      const before = concat([fill([batch, 1], end, 'int32'), slice(target, [0, 0], [batch, time - 1])], 1) as Tensor2D;
      return decode(weights, before, read(weights, source), 0).logits;
    },
    write(weights, source, steps, choose = likeliest) {
      let memory = read(weights, source);
      let symbol = fill([source.shape[0], 1], end, 'int32') as Tensor2D;
      const written = Array.from({ length: steps }, (_, i) => {
        const next = decode(weights, symbol, memory, i);
        ({ memory } = next);
        symbol = choose(next.logits);
        return { symbol, alpha: next.alpha };
      });
      const alphas = written.flatMap(({ alpha }) => alpha ?? []);
      return {
        symbols: concat(
          written.map((step) => step.symbol),
          1,
        ),
        alpha: alphas.length > 0 ? concat(alphas, 1) : undefined,
      };
    },
  };
}
