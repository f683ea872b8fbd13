import {
  add,
  cast,
  concat,
  div,
  greaterEqual,
  mul,
  oneHot,
  reshape,
  scalar,
  sum,
  tensor2d,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Metrics } from '../../core/results.ts';
import { metrics } from '../../core/metrics.ts';
import { accuracy, crossEntropies, meanOver } from '../loss.ts';
import { outputLayer } from '../layers/output.ts';
import { stream as streamOf, type Stream } from '../random.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { Batch, Task, Weights } from '../types.ts';
import { checkTruncate, recurrentNetwork } from '../layers/unroll.ts';
import { needed, onceForEach, quoted, vocabularyOf } from '../text/vocabulary.ts';
import { readerOf, samplesDue, writeOn, type Manner } from '../text/write.ts';

const options = z.strictObject({
  corpus: z
    .string()
    .min(1)
    .default('chemical-elements')
    .describe("names, one a line: chemical-elements, movie-titles, or a text file's path from the sweep file"),
  samples: z.int().min(1).max(1000).default(7).describe('names to write at a time during training'),
  sampleEvery: z.int().min(1).max(100_000_000).default(2000).describe('training steps between two such times'),
});

/** What ends a name. */
const END = '\n';
/** No symbol: the zero vector as an input, nothing to be said as a target. */
const NONE = -1;
/** Batches are padded to a multiple of this: few shapes to record, and few steps for nothing. */
const BUCKET = 16;
/** So much of the running loss is the last step's. */
const NEWS = 0.001;
/** A name that does not end during training is cut here, as in the seed's course. */
const LONGEST_SAMPLE = 50;

/** A list of names, in lower case as in the seed, each with its end as symbols. */
const listIn = onceForEach((text: string) => {
  const names = text
    .split(END)
    .map((line) => line.trim().toLowerCase())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UserError('task.corpus has no name in it; needed: names, one a line', 2);
  const vocabulary = vocabularyOf(names.join(END) + END);
  const codes = names.map((name) => vocabulary.encode(name + END, 'a name'));
  const longest = Math.max(...codes.map(({ length }) => length));
  return { names: new Set(names), vocabulary, codes, end: vocabulary.characters.indexOf(END), longest };
});

const capitalized = (name: string): string => name.replace(/^./u, (first) => first.toUpperCase());
const share = (names: string[], holds: (name: string) => boolean): number =>
  names.filter(holds).length / Math.max(1, names.length);

/** What was written, in numbers: how many names are of the list, how many are new, how many end in um. */
function noveltyOf(texts: string[], prompts: string[], known: ReadonlySet<string>): Metrics {
  const written = texts.map((text, i) => `${prompts[i] ?? ''}${text}`.toLowerCase());
  return {
    um: share(written, (name) => name.endsWith('um')),
    new: share(written, (name) => name !== '' && !known.has(name)),
    known: share(written, (name) => known.has(name)),
  };
}

/** inputs and targets [time, example]: the targets one step ahead, NONE behind the end. */
function padded(chosen: Int32Array[], longest: number): Batch {
  const size = chosen.length;
  const time = Math.min(longest, BUCKET * Math.ceil(Math.max(...chosen.map(({ length }) => length)) / BUCKET));
  const inputs = new Int32Array(time * size).fill(NONE);
  const targets = inputs.slice();
  chosen.forEach((name, example) =>
    name.forEach((code, t) => {
      targets[t * size + example] = code;
      if (t + 1 < name.length) inputs[(t + 1) * size + example] = code;
    }),
  );
  return { inputs: tensor2d(inputs, [time, size], 'int32'), targets: tensor2d(targets, [time, size], 'int32') };
}

/** The names one after the other, in an order that the seed decides. */
function turnsOf(codes: readonly Int32Array[], longest: number) {
  let order: { seed: number; places: Int32Array } | undefined;
  function placesOf(seed: number): Int32Array {
    if (order?.seed !== seed) order = { seed, places: streamOf(seed, 'names').permutation(codes.length) };
    return order.places;
  }
  function at(seed: number, first: number, size: number): Batch {
    const places = placesOf(seed);
    const chosen = Array.from(
      { length: size },
      (_, i) => codes[places[(first + i) % places.length] as number] as Int32Array,
    );
    return padded(chosen, longest);
  }
  /** Where each evaluation goes on. */
  const firsts = new WeakMap<Stream, number>();
  return {
    at,
    /** From a random place on, the names in turn: an evaluation of as many as there are sees each of them once. */
    next(stream: Stream, size: number): Batch {
      const first = firsts.get(stream) ?? stream.below(codes.length);
      firsts.set(stream, first + size);
      return at(stream.seed, first, size);
    },
  };
}

/**
 * Names character by character, seed 000 part B: x^(1) is the zero vector, x^(t+1) = y^(t), and the last y is the end
 * of the name. The loss that is trained is the sum of the cross-entropies over a name, a mean over the batch of names:
 *
 *   L = − Σ_t log ŷ^(t)_{y^(t)}          s ← 0.999 s + 0.001 L,  s = n log V at first
 *
 * The metric `loss` is the seed's smoothed s, whose start is n = `samples` times that of guessing among V characters.
 * Names are shuffled once for each trial, then taken in turn, lower-cased.
 */
export const names: Task<typeof options> = {
  name: 'names',
  summary: 'read a list of names character by character, then invent new ones',
  source: 'seed 000, part B',
  options,
  metrics: {
    accuracy: {
      ...metrics.accuracy,
      meaning: "share of characters of the list's names, their ends among them, that are predicted",
    },
    bitsPerCharacter: {
      ...metrics.bitsPerCharacter,
      meaning: "mean cross-entropy of a character of the list's names, in bits",
    },
    loss: {
      ...metrics.loss,
      meaning: "the seed's smoothed training loss: a running mean of the cross-entropy summed over a name, in nats",
    },
  },
  writes: true,
  build({ corpus: _, samples, sampleEvery }, model, training, corpus) {
    const { names: known, vocabulary, codes, end, longest } = listIn(needed(corpus, 'names'));
    checkTruncate(training.truncate, longest);
    const network = recurrentNetwork(model, vocabulary.size, training);
    const output = outputLayer(network.units, vocabulary.size);
    const symbolsOf = (prompt: string) => vocabulary.encode(prompt.toLowerCase(), `the prompt ${quoted(prompt)}`);

    const turns = turnsOf(codes, longest);

    /** Logits and targets of every character of every name, [time × examples]; what is padded has the target NONE. */
    function predictions(weights: Weights, batch: Batch): { logits: Tensor2D; targets: Tensor1D; losses: Tensor1D } {
      const inputs = cast(oneHot(tensorOf(batch, 'inputs'), vocabulary.size) as Tensor3D, 'float32');
      const logits = output.logits(weights, concat(network.run(weights, inputs).outputs, 0));
      const targets: Tensor1D = reshape(tensorOf(batch, 'targets'), [-1]);
      return { logits, targets, losses: crossEntropies(logits, targets) }; // 0 where there is no target
    }

    function write(weights: Weights, prompt: string, manner: Manner, stream: Stream): string {
      const reader = readerOf({ network, output, weights, vocabulary }, longest);
      const text = vocabulary.decode(writeOn(reader, [NONE, ...symbolsOf(prompt)], manner, stream, end));
      reader.dispose();
      return prompt === '' ? capitalized(text) : text;
    }

    return {
      parameters: network.parameters + output.parameters,
      init: (stream) => ({ ...network.init(stream), ...output.init(stream) }),
      batch: (stream, size) => turns.at(stream.seed, Math.max(0, stream.step - 1) * size, size),
      evaluationBatch: (stream, size) => turns.next(stream, size),
      carried: () => ({ smoothedLoss: scalar(samples * Math.log(vocabulary.size)) }),
      loss(weights, batch, carried) {
        const { losses } = predictions(weights, batch);
        const loss = div(sum(losses), tensorOf(batch, 'inputs').shape[1] as number);
        return {
          loss,
          carried: { smoothedLoss: add(mul(tensorOf(carried, 'smoothedLoss'), 1 - NEWS), mul(loss, NEWS)) },
        };
      },
      metrics(weights, batch, carried) {
        const { logits, targets, losses } = predictions(weights, batch);
        const isThere = cast(greaterEqual<Tensor1D>(targets, 0), 'float32');
        return {
          accuracy: accuracy(logits, targets, isThere),
          bitsPerCharacter: div(meanOver(losses, isThere), Math.LN2),
          loss: add(tensorOf(carried, 'smoothedLoss'), 0),
        };
      },
      observe(weights, at, stream) {
        const gates = network.observe(weights, longest, at);
        if (!samplesDue(at, sampleEvery, training)) return gates;
        const texts = Array.from({ length: samples }, () =>
          write(weights, '', { length: LONGEST_SAMPLE, temperature: 1 }, stream),
        );
        return [{ kind: 'samples', data: { texts } }, ...gates];
      },
      writer: {
        write: (weights, { prompt, ...manner }, stream) => write(weights, prompt, manner, stream),
        check: symbolsOf,
        metrics: (texts, prompts) => noveltyOf(texts, prompts, known),
      },
    };
  },
};
