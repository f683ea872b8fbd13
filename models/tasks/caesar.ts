import {
  argMax,
  cast,
  max,
  mean,
  mul,
  notEqual,
  oneHot,
  reshape,
  stack,
  sub,
  tensor2d,
  transpose,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { metrics } from '../../core/metrics.ts';
import { accuracy, crossEntropy } from '../loss.ts';
import { outputLayer } from '../layers/output.ts';
import type { Stream } from '../random.ts';
import { checkLengths, padded, sentence, sentences, vocabulary } from '../text/sentences.ts';
import { tensorOf } from '../../engine/tensors.ts';
import type { Batch, Task, Weights, Writer } from '../types.ts';
import { checkTruncate, recurrentNetwork } from '../layers/unroll.ts';
import { choose } from '../text/write.ts';

const LETTERS = 26;

const options = z.strictObject({
  length: z
    .int()
    .min(1)
    .max(10_000)
    .default(40)
    .describe('characters in the longest sentences; shorter ones are padded'),
  minLength: z.int().min(1).max(10_000).default(1).describe('characters in the shortest sentences'),
  shift: z
    .int()
    .default(3)
    .describe('how far in the alphabet each letter is moved to encipher it: 3 makes a D of an A; modulo 26'),
  direction: z
    .enum(['decrypt', 'encrypt'])
    .default('decrypt')
    .describe('decrypt: the enciphered sentence goes in, the plain one is asked for; encrypt: the other way round'),
});

/**
 * The text with every letter moved `by` places in the alphabet, which is a circle; capitals stay capitals, and all else
 * stays as it is.
 */
export function shifted(text: string, by: number): string {
  const places = ((by % LETTERS) + LETTERS) % LETTERS;
  return text.replace(/[a-z]/gi, (letter) => {
    const code = letter.charCodeAt(0);
    const a = code & ~31; // what the two alphabets begin after, in ASCII
    return String.fromCharCode(a + ((code - a - 1 + places) % LETTERS) + 1);
  });
}

/** What stands for no character: the one-hot code after the last. */
const PAD = vocabulary.size;
const WIDTH = vocabulary.size + 1;

/**
 * Caesar's cipher, seed 004 question 5: a character goes in at every time step and one comes out, ŷ^(t) =
 * softmax(p^(t)). Sentences differ in length: they are padded to the longest, and padding counts neither in the loss
 * nor in the metrics.
 */
export const caesar: Task<typeof options> = {
  name: 'caesar',
  summary: 'decipher or encipher sentences in which every letter is moved by the same number of places',
  source: 'seed 004, question 5',
  options,
  writes: true,
  answers: true,
  metrics: {
    accuracy: { ...metrics.accuracy, meaning: 'share of characters that are right' },
    loss: { ...metrics.loss, meaning: 'mean cross-entropy of a character, in nats' },
    exactMatch: { ...metrics.exactMatch, meaning: 'share of sentences in which every character is right' },
  },
  build({ length, minLength, shift, direction }, model, training) {
    checkLengths(minLength, length);
    checkTruncate(training.truncate, length);
    const network = recurrentNetwork(model, WIDTH, training);
    const output = outputLayer(network.units, vocabulary.size);
    const answerTo = (given: string) => shifted(given, direction === 'encrypt' ? shift : -shift);
    const givenFor = (plain: string) => (direction === 'encrypt' ? plain : shifted(plain, shift));
    const encode = (text: string) => vocabulary.encode(text, 'the prompt');

    function draw(stream: Stream, size: number): Batch {
      const given = sentences(stream, size, minLength, length).map(givenFor);
      const codes = (texts: string[]) => tensor2d(padded(texts.map(encode), length, PAD), [size, length], 'int32');
      return { given: codes(given), answers: codes(given.map(answerTo)) };
    }

    /** For given codes [batch, time]: the logits of each character in turn, [batch × time, characters]. */
    function logitsOf(weights: Weights, given: Tensor2D): Tensor2D {
      const inputs = cast(oneHot(transpose(given), WIDTH) as Tensor3D, 'float32');
      const h = stack(network.run(weights, inputs).outputs, 1);
      return output.logits(weights, reshape(h, [-1, network.units]));
    }
    const parts = (batch: Batch) => {
      const [given, answers] = [tensorOf<Tensor2D>(batch, 'given'), tensorOf<Tensor2D>(batch, 'answers')];
      const there = notEqual<Tensor1D>(reshape(answers, [-1]), PAD);
      return {
        given,
        labels: mul<Tensor1D>(reshape(answers, [-1]), cast(there, 'int32')),
        mask: cast(there, 'float32'),
      };
    };

    const writer: Writer = {
      // An answer is as long as what it answers: there is no length to ask for.
      write(weights, { prompt, temperature }, stream) {
        const given = prompt === '' ? givenFor(sentence(stream, length)) : prompt;
        const codes = encode(given);
        const logits = logitsOf(weights, tensor2d(codes, [1, codes.length], 'int32')).arraySync();
        const written = vocabulary.decode(logits.map((row) => choose(row, temperature, stream)));
        return prompt === '' ? `${given} → ${written}` : written;
      },
      check: encode,
      metrics(texts, prompts) {
        const asked = prompts.flatMap((prompt, i) =>
          prompt === '' ? [] : [{ right: answerTo(prompt), written: texts[i] ?? '' }],
        );
        if (asked.length === 0) return {};
        return { exactMatch: asked.filter(({ right, written }) => right === written).length / asked.length };
      },
    };

    return {
      parameters: network.parameters + output.parameters,
      init: (stream) => ({ ...network.init(stream), ...output.init(stream) }),
      batch: draw,
      loss(weights, batch) {
        const { given, labels, mask } = parts(batch);
        return { loss: crossEntropy(logitsOf(weights, given), labels, mask) };
      },
      metrics(weights, batch) {
        const { given, labels, mask } = parts(batch);
        const logits = logitsOf(weights, given);
        const wrong = mul(cast(notEqual(argMax(logits, 1), labels), 'float32'), mask);
        return {
          accuracy: accuracy(logits, labels, mask),
          loss: crossEntropy(logits, labels, mask),
          exactMatch: mean(sub(1, max(reshape(wrong, given.shape), 1))),
        };
      },
      observe: (weights, at) => network.observe(weights, length, at),
      writer,
    };
  },
};
