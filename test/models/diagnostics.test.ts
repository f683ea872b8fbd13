import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { gradientFlow } from '../../models/diagnostics.ts';
import { stream } from '../../models/random.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { Observed } from '../../models/types.ts';
import { recurrentNetwork } from '../../models/layers/unroll.ts';
import numbers from '../fixtures/seed-numbers.json' with { type: 'json' };
import { useBackend } from '../support/backend.ts';

before(async () => {
  await useBackend();
});

interface Flow {
  layers: (number | null)[][];
  norm: number | null;
}
const flowOf = ({ kind, data }: Observed): Flow => {
  assert.equal(kind, 'gradient-flow');
  return data as unknown as Flow;
};
const close = (actual: readonly (number | null)[], expected: readonly number[], tolerance: number) => {
  assert.equal(actual.length, expected.length);
  actual.forEach((x, i) =>
    assert.ok(x !== null && Math.abs(x - expected[i]!) <= tolerance, `[${i}] is ${x}, expected ${expected[i]}`),
  );
};

describe('gradient flow', () => {
  const linear = recurrentNetwork({ cell: 'rnn', hiddenUnits: 1, layers: 1, activation: 'identity' }, 1);

  test('seed 004 question 1: ∂L/∂h_1 is 0, by both of its ways to the loss together', () => {
    const { h0, x, y, Wh, Wx, Wy, expect } = numbers.identityRnn;
    const weights = {
      'layer0.kernel': tf.tensor2d([[Wx]]),
      'layer0.recurrent': tf.tensor2d([[Wh]]),
      'layer0.bias': tf.zeros([1]),
    };
    const { layers, norm } = flowOf(
      gradientFlow({ network: linear, weights, steps: 2, batch: 1 }, (w, taps) => {
        const { outputs } = linear.run(w, tf.tensor3d(x, [2, 1, 1]), [{ h: tf.tensor2d([[h0]]) }], 0, { taps });
        return tf.addN(outputs.map((h, i) => tf.sum(tf.square(tf.sub(tf.mul(h, Wy), y[i]!))))) as tf.Scalar;
      }),
    );
    const dh2 = 2 * Wy * (expect.yHat[1]! - y[1]!);
    close(layers[0]!, [expect['dL/dh1'], dh2], 1e-5);
    // ∂L/∂W_h = 8 is the seed's; ∂L/∂W_x = x_2 ∂L/∂h_2 and ∂L/∂b = ∂L/∂h_2, because ∂L/∂h_1 is 0.
    close([norm], [Math.hypot(expect['dL/dWh'], x[1]! * dh2, dh2)], 1e-3);
  });

  test('seed 003 problem 2: ∂y/∂h_t = w^(3 − t)', () => {
    const w = 0.7;
    const weights = {
      'layer0.kernel': tf.tensor2d([[w]]),
      'layer0.recurrent': tf.tensor2d([[w]]),
      'layer0.bias': tf.zeros([1]),
    };
    const { layers } = flowOf(
      gradientFlow(
        { network: linear, weights, steps: 3, batch: 1 },
        (v, taps) =>
          tf.sum(linear.run(v, tf.tensor3d([1.5, -2, 3], [3, 1, 1]), undefined, 0, { taps }).outputs[2]!) as tf.Scalar,
      ),
    );
    close(layers[0]!, [w ** 2, w, 1], 1e-6);
  });

  for (const cell of Object.keys(cells)) {
    test(`${cell} in two layers: the taps' gradients agree with differences`, () => {
      const [time, batch, units] = [4, 2, 3];
      const network = recurrentNetwork({ cell, hiddenUnits: units, layers: 2, tau: 5, rOn: 0.9 }, 2);
      const weights = network.init(stream(1, 'init'));
      const x = tf.tensor3d(stream(2, 'x').fillUniform(new Float32Array(time * batch * 2), -1, 1), [time, batch, 2]);
      const loss = (taps: tf.Tensor3D[]) =>
        tf.sum(
          tf.addN(network.run(weights, x, undefined, 0, { taps }).outputs.map((h, t) => tf.mul(tf.square(h), t + 1))),
        ) as tf.Scalar;
      const zero = () => tf.zeros([time, batch, units]) as tf.Tensor3D;
      const gradients = tf.grads((...taps) => loss(taps as tf.Tensor3D[]))([zero(), zero()]);
      const at = (layer: number, index: number, value: number) => {
        const moved = new Float32Array(time * batch * units);
        moved[index] = value;
        return loss(
          [0, 1].map((i) => (i === layer ? tf.tensor3d(moved, [time, batch, units]) : zero())),
        ).dataSync()[0]!;
      };
      for (const [layer, gradient] of gradients.entries()) {
        const exact = gradient.dataSync();
        assert.ok(exact.some((g) => g !== 0));
        exact.forEach((g, i) => {
          const numeric = (at(layer, i, 0.01) - at(layer, i, -0.01)) / 0.02;
          assert.ok(
            Math.abs(numeric - g) < 2e-3 * Math.max(1, Math.abs(g)),
            `layer ${layer}, ${i}: ${g}, by differences ${numeric}`,
          );
        });
      }
    });
  }

  test('of several examples is the mean of theirs alone', () => {
    const network = recurrentNetwork({ cell: 'lstm', hiddenUnits: 3, layers: 2 }, 1);
    const weights = network.init(stream(1, 'init'));
    const rows = [
      [1, 2, 3],
      [-1, 0, 5],
      [4, 4, -4],
    ];
    const flow = (examples: number[][]) =>
      flowOf(
        gradientFlow({ network, weights, steps: 3, batch: examples.length }, (w, taps) => {
          const inputs = tf.reshape(tf.transpose(tf.tensor2d(examples)), [3, examples.length, 1]) as tf.Tensor3D;
          return tf.mean(tf.sum(tf.square(network.run(w, inputs, undefined, 0, { taps }).outputs[2]!), 1)) as tf.Scalar;
        }),
      ).layers as number[][];
    const alone = rows.map((row) => flow([row]));
    flow(rows).forEach((layer, l) =>
      close(
        layer,
        layer.map((_, t) => alone.reduce((sum, one) => sum + one[l]![t]!, 0) / rows.length),
        1e-5,
      ),
    );
  });

  test('stops where back-propagation is truncated', () => {
    const network = recurrentNetwork({ cell: 'rnn', hiddenUnits: 3, layers: 2 }, 1, { truncate: 2 });
    const weights = network.init(stream(1, 'init'));
    const { layers } = flowOf(
      gradientFlow(
        { network, weights, steps: 5, batch: 1 },
        (w, taps) =>
          tf.sum(
            network.run(w, tf.ones([5, 1, 1]) as tf.Tensor3D, undefined, 0, { taps }).outputs.at(-1)!,
          ) as tf.Scalar,
      ),
    );
    // The state before the window is cut off behind its tap: its gradient is 0, too.
    for (const layer of layers)
      assert.deepEqual(
        layer.map((norm) => norm !== 0),
        [false, false, false, true, true],
      );
  });

  test('that overflows is null where it does, and large where it does not yet', () => {
    const weights = {
      'layer0.kernel': tf.ones([1, 1]),
      'layer0.recurrent': tf.tensor2d([[1e30]]),
      'layer0.bias': tf.zeros([1]),
    };
    const { layers } = flowOf(
      gradientFlow(
        { network: linear, weights, steps: 3, batch: 1 },
        (w, taps) =>
          tf.sum(linear.run(w, tf.zeros([3, 1, 1]) as tf.Tensor3D, undefined, 0, { taps }).outputs[2]!) as tf.Scalar,
      ),
    );
    assert.equal(layers[0]![0], null);
    assert.ok(Math.abs(layers[0]![1]! / 1e30 - 1) < 1e-5);
  });
});

function trialOf(model: object, training: Partial<TrainingSpec> = {}): NetworkTrial {
  return {
    task: { name: 'palindrome', length: 14 },
    model: { cell: 'rnn', hiddenUnits: 4, layers: 1, ...model },
    training: {
      optimizer: 'rmsprop',
      learningRate: 0.05,
      batchSize: 4,
      maxSteps: 6,
      evaluateEvery: 2,
      evaluationSize: 8,
      ...training,
    } as TrainingSpec,
    seed: 1,
  };
}

async function runToEnd(trial: NetworkTrial, options?: TrainOptions): Promise<Trained> {
  const run = train(trial, options);
  for (;;) {
    const { value, done } = await run.next();
    if (done) return value;
  }
}

interface Gate {
  layer: number;
  t: number[];
  phi: number[];
  k: number[];
  low?: number[];
  high?: number[];
  tau?: number;
}
const gatesOf = ({ checkpoint }: Trained) =>
  checkpoint.observations
    .filter(({ kind }) => kind === 'gate')
    .map(({ step, data }) => ({ step, ...(data as unknown as Gate) }));

describe('what is seen of a trial', () => {
  test("palindromes: the gradient's flow through every layer, at both ends of training", async () => {
    const {
      checkpoint: { observations },
    } = await runToEnd(trialOf({ layers: 2 }));
    assert.deepEqual(
      observations.map(({ step, kind }) => [step, kind]),
      [
        [0, 'gradient-flow'],
        [6, 'gradient-flow'],
      ],
    );
    for (const { data } of observations) {
      const { layers, norm } = data as unknown as Flow;
      assert.deepEqual(
        layers.map((layer) => layer.length),
        [13, 13],
      );
      assert.ok(layers.flat().every((x) => x !== null && x > 0) && norm !== null && norm > 0);
    }
    assert.notDeepEqual(observations[0]!.data, observations[1]!.data);
  });

  test('at the same points with the same numbers when the trial is stopped and resumed', async () => {
    const trial = trialOf({ cell: 'phased-lstm', phases: 'learned' });
    const { checkpoint } = await runToEnd(trial, { toStep: 3 });
    assert.deepEqual(
      (await runToEnd(trial, { resume: structuredClone(checkpoint) })).checkpoint,
      (await runToEnd(trial)).checkpoint,
    );
  });

  test('with no tensor left behind', async () => {
    const trial = trialOf({ cell: 'phased-lstm', phases: 'learned' });
    await runToEnd(trial);
    const before = tf.memory().numTensors;
    await runToEnd(trial);
    assert.equal(tf.memory().numTensors, before);
  });

  test('seed 002 table 1: the phased gate over 13 time steps, rounded as printed', async () => {
    const { tau, s, rOn, t, phi, k } = numbers.phasedGate;
    const gates = gatesOf(await runToEnd(trialOf({ cell: 'phased-lstm', layers: 2, tau, s, rOn })));
    assert.deepEqual(
      gates.map(({ step, layer }) => [step, layer]),
      [
        [0, 1],
        [0, 2],
      ],
      'once: it does not change',
    );
    for (const gate of gates) {
      assert.deepEqual(gate.t, t);
      close(gate.phi, phi, 0.05);
      close(gate.k, k, 0.05);
      assert.equal(gate.low, undefined);
    }
  });

  test('learned gates: alike at first, then every unit has its own', async () => {
    const { tau, s, rOn, k } = numbers.phasedGate;
    const [first, last] = gatesOf(await runToEnd(trialOf({ cell: 'phased-lstm', phases: 'learned', tau, s, rOn })));
    close(first!.k, k, 0.05);
    assert.deepEqual([first!.low, first!.high], [first!.k, first!.k]);
    assert.equal(first!.tau, tau);
    assert.equal(last!.step, 6);
    last!.k.forEach((mean, i) => assert.ok(last!.low![i]! <= mean && mean <= last!.high![i]!));
    assert.ok(last!.k.some((_, i) => last!.low![i]! < last!.high![i]!));
  });
});

describe('padding', () => {
  for (const cell of Object.keys(cells)) {
    test(`${cell}: the state stays as it is where a sequence is padded`, () => {
      const network = recurrentNetwork({ cell, hiddenUnits: 3, layers: 2 }, 1);
      const weights = network.init(stream(1, 'init'));
      const long = network.run(weights, tf.tensor3d([1, 5, 2, 6, 9, 7, 9, 8], [4, 2, 1]), undefined, 0, {
        mask: tf.tensor3d([1, 1, 1, 1, 0, 1, 0, 1], [4, 2, 1]),
      });
      const short = network.run(weights, tf.tensor3d([1, 2], [2, 1, 1]));
      const whole = network.run(weights, tf.tensor3d([5, 6, 7, 8], [4, 1, 1]));
      long.states.forEach((state, layer) => {
        for (const [name, values] of Object.entries(state)) {
          const [padded, other] = values.arraySync();
          close(padded!, short.states[layer]![name]!.arraySync()[0]!, 1e-6);
          close(other!, whole.states[layer]![name]!.arraySync()[0]!, 1e-6);
        }
      });
    });
  }
});
