import {
  add,
  cast,
  div,
  equal,
  mean,
  min,
  mul,
  notEqual,
  reshape,
  sub,
  sum,
  tensor2d,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { UserError } from '../../core/errors.ts';
import { metrics } from '../../core/metrics.ts';
import { attentionKinds } from '../layers/attention.ts';
import { encoderDecoder } from '../layers/encoder-decoder.ts';
import { crossEntropy } from '../loss.ts';
import type { Stream } from '../random.ts';
import { checkLengths, padded, sentence, sentences, vocabulary } from '../text/sentences.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { Batch, Observed, Task, Weights, Writer } from '../types.ts';
import { quoted } from '../text/vocabulary.ts';
import { choose } from '../text/write.ts';

const options = z.strictObject({
  length: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('characters in the longest sentences, without the token; shorter ones are padded'),
  minLength: z.int().min(1).max(1000).default(1).describe('characters in the shortest sentences'),
  attention: z
    .enum(['none', ...attentionKinds])
    .default('none')
    .describe(
      "none: the decoder has the encoder's last state alone; dot, additive: it looks at all of them, and scores them so",
    ),
});

const TOKENS = ['<U>', '<L>'] as const;
/** What the encoder reads: characters, the tokens, and padding. */
const PAD = vocabulary.size + TOKENS.length;
/** What the decoder writes: characters, and the end of the sentence. */
const END = vocabulary.size;
const symbols = { inputs: PAD + 1, pad: PAD, outputs: END + 1, end: END };

/** A sentence, and what is to become of it. */
export interface Exercise {
  token: (typeof TOKENS)[number];
  text: string;
}

export const answerTo = ({ token, text }: Exercise): string =>
  token === '<U>' ? text.toUpperCase() : text.toLowerCase();

/** From '<U>I am', or '<U> I am' as seed 003 prints it; throws a UserError for anything else. */
export function parseExercise(prompt: string): Exercise {
  const [, token, text = ''] = /^(<U>|<L>) ?(.*)$/s.exec(prompt) ?? [];
  if (token === undefined)
    throw new UserError(
      `the prompt ${quoted(prompt)} begins with neither <U> nor <L>; give one such as "<U>I am a student"`,
      2,
    );
  return { token: token as Exercise['token'], text };
}

const encode = (text: string) => [...vocabulary.encode(text, 'the prompt')];
const sourceOf = ({ token, text }: Exercise) => [vocabulary.size + TOKENS.indexOf(token), ...encode(text)];
const targetOf = (exercise: Exercise) => [...encode(answerTo(exercise)), END];
const tokenFrom = (stream: Stream) => TOKENS[stream.below(TOKENS.length)] as Exercise['token'];

/** Exercises as int32 [count, length + 1]: token and sentence, answer and end; both padded alike. */
export function exerciseBatch(exercises: readonly Exercise[], length: number): Batch {
  const rows = (codes: number[][], padding: number) =>
    tensor2d(padded(codes, length + 1, padding), [exercises.length, length + 1], 'int32');
  return { source: rows(exercises.map(sourceOf), PAD), target: rows(exercises.map(targetOf), END) };
}

/** The text that symbols stand for, up to the first end. */
function textOf(written: readonly number[]): string {
  const end = written.indexOf(END);
  return vocabulary.decode(end === -1 ? written : written.slice(0, end));
}

type Network = ReturnType<typeof encoderDecoder>;

function writerOf(network: Network, length: number): Writer {
  return {
    // The text ends by itself. If it does not, it ends after `length` characters, or as many as the prompt has.
    write(weights, { prompt, length: most, temperature }, stream) {
      const exercise =
        prompt === '' ? { token: tokenFrom(stream), text: sentence(stream, length) } : parseExercise(prompt);
      const codes = sourceOf(exercise);
      const pick = (logits: Tensor2D) => tensor2d([choose(logits.dataSync(), temperature, stream)], [1, 1], 'int32');
      const written = network.write(
        weights,
        tensor2d(codes, [1, codes.length], 'int32'),
        Math.max(most, codes.length),
        pick,
      );
      const text = textOf([...written.symbols.dataSync()]);
      return prompt === '' ? `${exercise.token}${exercise.text} → ${text}` : text;
    },
    check: (prompt) => {
      encode(parseExercise(prompt).text);
    },
    metrics(texts, prompts) {
      const asked = prompts.flatMap((prompt, i) =>
        prompt === '' ? [] : [{ right: answerTo(parseExercise(prompt)), written: texts[i] }],
      );
      return asked.length === 0
        ? {}
        : { exactMatch: asked.filter(({ right, written }) => right === written).length / asked.length };
    },
  };
}

/** What the decoder looks at while it answers an exercise of its own. */
function attentionOf(network: Network, weights: Weights, length: number, stream: Stream): Observed {
  const exercise: Exercise = { token: tokenFrom(stream), text: sentence(stream, length) };
  const { source } = exerciseBatch([exercise], length);
  const { symbols: written, alpha } = network.write(weights, source as Tensor2D, length + 1);
  const output = textOf([...written.dataSync()]);
  const rows = (alpha?.arraySync()[0] ?? []).slice(0, [...output].length);
  return {
    kind: 'attention',
    data: {
      input: [exercise.token, ...exercise.text],
      output: [...output],
      weights: rows.map((row) => row.map((x) => Number(x.toPrecision(4)))),
    },
  };
}

/**
 * Change of case, seed 003 problem 4: a token, <U> or <L>, and a sentence in mixed case go in; the sentence in upper or
 * lower case is to come out, character by character, and then its end. Training feeds the decoder what it should have
 * written
 * (teacher forcing), evaluation what it has written itself. Training sees sentences of all lengths from minLength on,
 * evaluations only the longest: metrics by length are then of that length.
 */
export const caseChange: Task<typeof options> = {
  name: 'case-change',
  summary: 'rewrite a sentence in upper or lower case with an encoder and a decoder, with and without attention',
  source: 'seed 003, problem 4',
  options,
  writes: true,
  answers: true,
  metrics: {
    accuracy: {
      ...metrics.accuracy,
      meaning:
        'share of characters, the end among them, that are right when the decoder goes on from what it has written itself',
    },
    loss: {
      ...metrics.loss,
      meaning: 'mean cross-entropy of a character when the decoder goes on from what is right, in nats',
    },
    exactMatch: {
      ...metrics.exactMatch,
      meaning: 'share of sentences in which every character is right, and the end where it should be',
    },
  },
  build({ length, minLength, attention }, model, training) {
    checkLengths(minLength, length);
    if (training.truncate !== undefined) {
      throw new UserError(
        'training.truncate is set, but in case-change gradients must flow back from the decoder into the encoder; leave it out',
        2,
      );
    }
    const network = encoderDecoder(model, attention, symbols);

    const parts = (batch: Batch) => {
      const [source, target] = [tensorOf<Tensor2D>(batch, 'source'), tensorOf<Tensor2D>(batch, 'target')];
      // A source and its target are of one length: the token here, the end there.
      return { source, target, mask: cast(notEqual<Tensor2D>(source, PAD), 'float32') };
    };
    function lossOf(weights: Weights, batch: Batch) {
      const { source, target, mask } = parts(batch);
      return crossEntropy(network.logits(weights, source, target), reshape(target, [-1]), reshape(mask, [-1]));
    }

    const drawn = (stream: Stream, size: number, shortest: number): Batch =>
      exerciseBatch(
        sentences(stream, size, shortest, length).map((text) => ({ token: tokenFrom(stream), text })),
        length,
      );

    return {
      parameters: network.parameters,
      init: (stream) => network.init(stream),
      batch: (stream, size) => drawn(stream, size, minLength),
      evaluationBatch: (stream, size) => drawn(stream, size, length),
      loss: (weights, batch) => ({ loss: lossOf(weights, batch) }),
      metrics(weights, batch) {
        const { source, target, mask } = parts(batch);
        const written = network.write(weights, source, length + 1).symbols;
        const right = cast(equal(written, target), 'float32');
        return {
          accuracy: div(sum(mul(right, mask)), sum(mask)),
          loss: lossOf(weights, batch),
          exactMatch: mean(min(add(mul(right, mask), sub(1, mask)), 1)),
        };
      },
      observe(weights, at, stream) {
        if (!at.last || attention === 'none') return [];
        return [attentionOf(network, weights, length, stream)];
      },
      writer: writerOf(network, length),
    };
  },
};
