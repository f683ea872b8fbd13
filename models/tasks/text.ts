import {
  cast,
  concat,
  div,
  greater,
  mul,
  oneHot,
  reshape,
  scalar,
  slice,
  tensor2d,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import type { Metrics } from '../../core/results.ts';
import { metrics } from '../../core/metrics.ts';
import { accuracy, crossEntropy } from '../loss.ts';
import { outputLayer } from '../layers/output.ts';
import type { Stream } from '../random.ts';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import type { Batch, OptionsOf, State, Task, Tensors, Weights, WriteRequest } from '../types.ts';
import { checkTruncate, layersOf, recurrentNetwork, statesOf } from '../layers/unroll.ts';
import { needed, onceForEach, quoted, vocabularyOf } from '../text/vocabulary.ts';
import { readerOf, samplesDue, writeOn } from '../text/write.ts';

const options = z.strictObject({
  corpus: z
    .string()
    .min(1)
    .default('moby-dick')
    .describe("a book: moby-dick, or a text file's path from the sweep file"),
  length: z
    .int()
    .min(1)
    .max(10_000)
    .default(30)
    .describe('T, characters that a training step reads: no gradient flows back further'),
  carry: z
    .boolean()
    .default(false)
    .describe(
      'true: windows follow each other through the book, and the memory lives on from one ' +
        'to the next; false: windows from anywhere, and an empty memory for each (as in the course)',
    ),
  heldOut: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.1)
    .describe('share of the book, at its end, that is kept for evaluations'),
  sampleEvery: z.int().min(1).max(100_000_000).default(400).describe('training steps between two samples'),
  sampleLength: z
    .int()
    .min(1)
    .max(10_000)
    .default(30)
    .describe('characters of such a sample: a random one, then greedily on'),
});

/** Words, for the share that the book has too. */
const wordsIn = (text: string): string[] => text.toLowerCase().match(/\p{L}+/gu) ?? [];

const bookIn = onceForEach((text: string) => {
  const vocabulary = vocabularyOf(text);
  return { vocabulary, codes: vocabulary.encode(text, 'the book'), words: new Set(wordsIn(text)) };
});

/**
 * The share of a text's n-grams that are the first of their kind there: 1 if nothing is repeated. A mean over texts,
 * and not of all of them together: the more there is, the smaller a share is new.
 */
function distinct(texts: string[], n: number): number {
  const shares = texts.map((text) => {
    const characters = [...text];
    const grams = characters.slice(n - 1).map((_, i) => characters.slice(i, i + n).join(''));
    return new Set(grams).size / Math.max(1, grams.length);
  });
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
}

/** What was written, in numbers: how much of it is repeated, and how many of its words the book has. */
function varietyOf(texts: string[], prompts: string[], known: ReadonlySet<string>): Metrics {
  // Whole words: one that the prompt began counts from its start, one that the end cut off not at all.
  const words = texts.flatMap((text, i) =>
    wordsIn((/\p{L}*$/u.exec(prompts[i] ?? '') ?? '') + text.replace(/\p{L}+$/u, '')),
  );
  return {
    distinct2: distinct(texts, 2),
    distinct3: distinct(texts, 3),
    knownWords: words.filter((word) => known.has(word)).length / Math.max(1, words.length),
  };
}

/** Windows of one character more than they predict, [time + 1, example]. */
function windowsAt(from: Int32Array, starts: number[], time: number): Tensor2D {
  const size = starts.length;
  const chosen = new Int32Array((time + 1) * size);
  starts.forEach((start, example) => {
    for (let t = 0; t <= time; t++) chosen[t * size + example] = from[start + t] as number;
  });
  return tensor2d(chosen, [time + 1, size], 'int32');
}
function randomWindows(from: Int32Array, time: number, stream: Stream, size: number): Batch {
  const starts = Array.from({ length: size }, () => stream.below(from.length - time));
  return { characters: windowsAt(from, starts, time) };
}

/** The windows of a book: of the part that is learned from, and of what was held out. */
function windowsOf(codes: Int32Array, { length, carry, heldOut }: OptionsOf<typeof options>, batchSize: number) {
  const split = codes.length - Math.floor(codes.length * heldOut);
  const [learned, kept] = [codes.subarray(0, split), codes.subarray(split)];
  const strips = carry ? batchSize : 1;
  const context = carry ? length : 0;
  const count = Math.floor((Math.floor(learned.length / strips) - 1) / length);
  if (count < 1 || kept.length < context + length + 1) {
    const how = `${length}${carry ? ` in ${strips} strips (task.carry)` : ''}`;
    throw new UserError(
      `task.corpus has ${codes.length} characters: too few for windows of ${how}, with a share of ${heldOut} held out; ` +
        'shorten task.length or give a longer book',
      2,
    );
  }
  return {
    random: (stream: Stream, size: number) => randomWindows(learned, length, stream, size),
    /** Of each strip the one whose turn it is at the step, and how far that is from the strip's start. */
    next(step: number, size: number): Batch {
      const window = Math.max(0, step - 1) % count;
      const width = Math.floor(learned.length / size);
      const starts = Array.from({ length: size }, (_, i) => i * width + window * length);
      return { characters: windowsAt(learned, starts, length), elapsed: scalar(window * length) };
    },
    heldOut: (stream: Stream, size: number) => randomWindows(kept, context + length, stream, size),
  };
}

/**
 * The next character of a book, seed 001 part 3: in a window of T characters each is predicted from those before it,
 *
 *   L^(t) = − Σ_k y_k^(t) log ŷ_k^(t)  (17)        L = 1/T Σ_t L^(t)  (18)
 *
 * Windows lie anywhere in the book and start from an empty memory. With `carry`, the book is cut into as many strips as
 * the batch has examples; each step reads the next T characters of every strip with the memory that the last step left,
 * through which no gradient flows; at the end of a strip it starts over, with an empty memory.
 *
 * Evaluations look at windows of what was held out. With `carry`, they read T characters more before those that count,
 * so that there is a memory to go on from.
 */
export const text: Task<typeof options> = {
  name: 'text',
  summary: 'read a book character by character, then write on in its manner',
  source: 'seed 001, part 3, equations (17) and (18); seed 002, section 3',
  options,
  metrics: {
    accuracy: {
      ...metrics.accuracy,
      meaning: 'share of next characters that are right, in windows of the held-out end of the book',
    },
    bitsPerCharacter: { ...metrics.bitsPerCharacter, meaning: 'the loss in bits' },
    loss: { ...metrics.loss, meaning: 'mean cross-entropy (18) of a next character there, in nats' },
  },
  writes: true,
  build(options, model, training, corpus) {
    const { length, carry, sampleEvery, sampleLength } = options;
    const { vocabulary, codes, words } = bookIn(needed(corpus, 'text'));
    if (vocabulary.size < 2)
      throw new UserError(
        'task.corpus has no two different characters: there is nothing to learn; give another text',
        2,
      );
    checkTruncate(training.truncate, length);
    const network = recurrentNetwork(model, vocabulary.size, training);
    const output = outputLayer(network.units, vocabulary.size);

    const windows = windowsOf(codes, options, training.batchSize);

    interface Predictions {
      logits: Tensor2D;
      targets: Tensor1D;
      states: State[];
    }
    /** Of the last `length` characters of the windows, in rows of [time × examples]. */
    function predictions(weights: Weights, batch: Batch, states?: State[], elapsed?: Tensor): Predictions {
      const characters = tensorOf<Tensor2D>(batch, 'characters');
      const [time, size] = [characters.shape[0] - 1, characters.shape[1]];
      const inputs = cast(oneHot(slice(characters, [0, 0], [time, size]), vocabulary.size) as Tensor3D, 'float32');
      const unrolled = network.run(weights, inputs, states, elapsed);
      return {
        logits: output.logits(weights, concat(unrolled.outputs.slice(-length), 0)),
        targets: reshape(slice(characters, [time + 1 - length, 0], [length, size]), [-1]),
        states: unrolled.states,
      };
    }

    /** With the memory that is carried; at the start of the strips it is empty. */
    function goOn(weights: Weights, batch: Batch, carried: Tensors): Predictions {
      const elapsed = tensorOf(batch, 'elapsed');
      const goesOn = cast(greater(elapsed, 0), 'float32');
      return predictions(
        weights,
        batch,
        statesOf(
          mapTensors(carried, (memory) => mul(memory, goesOn)),
          network,
        ),
        elapsed,
      );
    }

    function write(weights: Weights, { prompt, ...request }: WriteRequest, stream: Stream): string {
      const first = prompt === '' ? [stream.below(vocabulary.size)] : [];
      const read = [...first, ...symbolsOf(prompt)];
      const reader = readerOf({ network, output, weights, vocabulary }, read.length + request.length);
      const written = writeOn(reader, read, { ...request, length: request.length - first.length }, stream);
      reader.dispose();
      return vocabulary.decode([...first, ...written]);
    }
    const symbolsOf = (prompt: string) => vocabulary.encode(prompt, `the prompt ${quoted(prompt)}`);

    return {
      parameters: network.parameters + output.parameters,
      init: (stream) => ({ ...network.init(stream), ...output.init(stream) }),
      batch: (stream, size) => (carry ? windows.next(stream.step, size) : windows.random(stream, size)),
      evaluationBatch: (stream, size) => windows.heldOut(stream, size),
      ...(carry && { carried: (size: number) => layersOf(network.initialStates(size)) }),
      loss(weights, batch, carried) {
        const { logits, targets, states } = carry ? goOn(weights, batch, carried) : predictions(weights, batch);
        return { loss: crossEntropy(logits, targets), ...(carry && { carried: layersOf(states) }) };
      },
      metrics(weights, batch) {
        const { logits, targets } = predictions(weights, batch);
        const loss = crossEntropy(logits, targets);
        return { accuracy: accuracy(logits, targets), bitsPerCharacter: div(loss, Math.LN2), loss };
      },
      observe(weights, at, stream) {
        const gates = network.observe(weights, length, at);
        if (!samplesDue(at, sampleEvery, training)) return gates;
        const texts = [write(weights, { prompt: '', length: sampleLength, temperature: 'greedy' }, stream)];
        return [{ kind: 'samples', data: { texts } }, ...gates];
      },
      writer: { write, check: symbolsOf, metrics: (texts, prompts) => varietyOf(texts, prompts, words) },
    };
  },
};
