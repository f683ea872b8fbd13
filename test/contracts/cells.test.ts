import { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { cells } from '../../models/cells/index.ts';
import type { Cell } from '../../models/types.ts';
import { useBackend } from '../support/backend.ts';
import { cellContracts } from './cells.ts';
import { testAccepted, testEntries, testPlanted } from './contract.ts';

before(async () => {
  await useBackend('cpu');
});

testEntries<Cell>(cells, cellContracts);

const { gru, lstm, rnn } = cells as Record<string, Cell>;

/** Each example's sums have mean 0 and variance 1 (Ba, Kiros and Hinton 2016). */
function normalised(sums: tf.Tensor2D): tf.Tensor2D {
  const { mean, variance } = tf.moments(sums, 1, true);
  return tf.div(tf.sub(sums, mean), tf.sqrt(tf.add(variance, 1e-5)));
}
/** An LSTM without equations on plain arrays, whose recurrent sums are layer-normalised: 0 / √ε at an empty memory. */
const layerNormLstm: Cell = {
  ...lstm!,
  step(weights, projected, state, t, options) {
    const sums = normalised(tf.matMul(state['h']!, weights['recurrent'] as tf.Tensor2D));
    const still = { ...weights, recurrent: tf.zerosLike(weights['recurrent']!) };
    return lstm!.step(still, tf.add(projected, sums), state, t, options);
  },
  check: { variants: [{}], golden: [] },
};

testAccepted<Cell>({ 'a layer-normalised LSTM': layerNormLstm }, cellContracts);

testPlanted<Cell>(
  {
    'an option that nobody reads': {
      entry: { ...rnn!, options: rnn!.options.extend({ slope: z.number().default(1) }) },
      noticedBy: 'every option changes something',
    },
    'an option that is read for another': {
      entry: { ...gru!, init: (size, _, draws) => gru!.init(size, { bias: true }, draws) },
      noticedBy: 'init makes as many numbers as the formula says, and none of them depends on anything but the stream',
    },
    'a gate the wrong way round': {
      entry: {
        ...gru!,
        step(weights, projected, state, t, options) {
          const { h } = gru!.step(weights, projected, state, t, options);
          return { h: tf.sub(tf.add(state['h']!, 0.1), tf.mul(h!, 0.9)) };
        },
      },
      noticedBy: 'agrees with its equations on plain arrays',
    },
    'a gradient that does not flow': {
      entry: {
        ...layerNormLstm,
        step(weights, projected, state, t, options) {
          const still = tf.tensor2d(
            weights['recurrent']!.dataSync().slice(),
            weights['recurrent']!.shape as [number, number],
          );
          return lstm!.step({ ...weights, recurrent: still }, projected, state, t, options);
        },
      },
      noticedBy: 'gradients by every weight agree with central differences',
    },
    'a memory in the module': {
      entry: (() => {
        let steps = 0;
        return {
          ...rnn!,
          step(weights, projected, state, t, options) {
            const { h } = rnn!.step(weights, projected, state, t, options);
            return { h: tf.mul(h!, 1 + 0.1 * (steps++ % 3)) };
          },
        } satisfies Cell;
      })(),
      noticedBy: 'a sequence in two halves, with the state carried over, is the whole sequence',
    },
  },
  cellContracts,
);
