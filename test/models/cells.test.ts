import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { cells } from '../../models/cells/index.ts';
import { plainGates } from '../../models/cells/gru.ts';
import { phaseAt } from '../../models/cells/phased-lstm.ts';
import { countParameters } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import { stopGradient } from '../../engine/tensors.ts';
import type { Weights } from '../../models/types.ts';
import { recurrentNetwork } from '../../models/layers/unroll.ts';
import { useBackend } from '../support/backend.ts';
import numbers from '../fixtures/seed-numbers.json' with { type: 'json' };

before(async () => {
  await useBackend();
});

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = '') => {
  assert.equal(actual.length, expected.length, what);
  Array.from(actual).forEach((x, i) =>
    assert.ok(Math.abs(x - expected[i]!) <= tolerance, `${what}[${i}] is ${x}, expected ${expected[i]}`),
  );
};
const transposed = (rows: number[][]) => tf.transpose(tf.tensor2d(rows)) as tf.Tensor2D;

describe('numbers printed in the seed documents', () => {
  test('seed 000 part A: the forward pass of the RNN, its hidden states and its softmax outputs', () => {
    const { x, a0, Waa, Wax, Wya, ba, by, expect } = numbers.rnnForward;
    const weights = {
      'layer0.kernel': transposed(Wax),
      'layer0.recurrent': transposed(Waa),
      'layer0.bias': tf.tensor1d(ba.flat()),
    };
    const inputs = tf.transpose(tf.tensor3d(x), [2, 1, 0]) as tf.Tensor3D;
    const { outputs } = recurrentNetwork({ cell: 'rnn', hiddenUnits: 5, layers: 1 }, 3).run(weights, inputs, [
      { h: transposed(a0) },
    ]);
    close(
      outputs.map((h) => h.arraySync()[1]![4]!),
      expect['a[4][1]'],
      5e-7,
      'a[4][1]',
    );
    const predictions = outputs.map(
      (h) => tf.softmax(tf.add(tf.matMul(h, transposed(Wya)), tf.tensor1d(by.flat()))) as tf.Tensor2D,
    );
    close(
      predictions.map((y) => y.arraySync()[3]![1]!),
      expect['y_pred[1][3]'],
      1e-6,
      'y_pred[1][3]',
    );
  });

  test('seed 004 question 1: two steps of a linear RNN, its loss and its gradients', () => {
    const { h0, x, y, Wh, Wx, Wy, expect } = numbers.identityRnn;
    const step = (weights: Weights, input: number, h: tf.Tensor2D, t: number) =>
      cells.rnn.step(
        weights,
        cells.rnn.project(weights, tf.tensor2d([[input]]), { activation: 'identity' }),
        { h },
        t,
        { activation: 'identity' },
      )['h']!;
    const weightsOf = (w: tf.Tensor): Weights => ({ kernel: tf.tensor2d([[Wx]]), recurrent: w, bias: tf.zeros([1]) });
    const error = (h: tf.Tensor2D, i: number) => tf.sum(tf.square(tf.sub(tf.mul(h, Wy), y[i]!)));
    const total = (w: tf.Tensor) => {
      const h1 = step(weightsOf(w), x[0]!, tf.tensor2d([[h0]]), 1);
      return tf.add(error(h1, 0), error(step(weightsOf(w), x[1]!, h1, 2), 1)) as tf.Scalar;
    };
    const w = tf.tensor2d([[Wh]]);
    const h1 = step(weightsOf(w), x[0]!, tf.tensor2d([[h0]]), 1);
    const h2 = step(weightsOf(w), x[1]!, h1, 2);
    close([h1.dataSync()[0]!, h2.dataSync()[0]!], expect.h, 1e-6, 'h');
    close(
      [h1, h2].map((h) => h.dataSync()[0]! * Wy),
      expect.yHat,
      1e-6,
      'yHat',
    );
    close(total(w).dataSync(), [expect.loss], 1e-5, 'loss');
    close(tf.grad(total)(w).dataSync(), [expect['dL/dWh']], 1e-5, 'dL/dWh');
    const throughH1 = (h: tf.Tensor2D) => tf.add(error(h, 0), error(step(weightsOf(w), x[1]!, h, 2), 1)) as tf.Scalar;
    close(
      tf
        .grad((h: tf.Tensor) => throughH1(h as tf.Tensor2D))(h1)
        .dataSync(),
      [expect['dL/dh1']],
      1e-5,
      'dL/dh1',
    );
  });

  test('seed 003 problem 2: h_3 of h_t = w (u_t + h_{t−1}) and its derivatives by w and u_1', () => {
    const network = recurrentNetwork({ cell: 'rnn', hiddenUnits: 1, layers: 1, activation: 'identity' }, 1);
    const [w, u1, u2, u3] = [0.7, 1.5, -2, 3];
    const y = (weight: tf.Tensor, u: tf.Tensor) => {
      const weights = {
        'layer0.kernel': tf.reshape(weight, [1, 1]),
        'layer0.recurrent': tf.reshape(weight, [1, 1]),
        'layer0.bias': tf.zeros([1]),
      };
      return tf.sum(network.run(weights, tf.reshape(u, [3, 1, 1])).outputs[2]!) as tf.Scalar;
    };
    const {
      value,
      grads: [byW, byU],
    } = tf.valueAndGrads(y as (...xs: tf.Tensor[]) => tf.Scalar)([tf.scalar(w), tf.tensor1d([u1, u2, u3])]);
    close(value.dataSync(), [w * u3 + w ** 2 * u2 + w ** 3 * u1], 1e-6, 'y');
    close(byW!.dataSync(), [u3 + 2 * w * u2 + 3 * w ** 2 * u1], 1e-6, 'dy/dw');
    close([byU!.dataSync()[0]!], [w ** 3], 1e-6, 'dy/du1');
  });

  test('seed 003 problem 3: a step of the GRU', () => {
    const { x, h, b, expect } = numbers.gruStep;
    const W = transposed(numbers.gruStep['W=U']);
    const weights = {
      kernel: tf.concat([W, W, W], 1),
      recurrent: tf.concat([W, W], 1),
      candidate: W,
      bias: tf.tensor1d([...b, ...b, ...b]),
    };
    const step = (biases: { bias: boolean }) =>
      cells.gru
        .step(weights, cells.gru.project(weights, tf.tensor2d([x]), biases), { h: tf.tensor2d([h]) }, 1, biases)
        ['h']!.dataSync();
    close(step({ bias: true }), expect.h, 1e-7, 'h');
    const plain = (w: tf.Tensor) => ({ shape: w.shape, values: Float64Array.from(w.dataSync()) });
    const gates = plainGates(Object.fromEntries(Object.entries(weights).map(([key, w]) => [key, plain(w)])), x, h);
    for (const name of ['z', 'r', 'candidate'] as const) close(gates[name], expect[name], 1e-7, name);
  });

  test('seed 000 bonus: the GRU without biases on the concatenation [h, x]', () => {
    const draws = stream(9, 'concatenated');
    const [n, d] = [3, 2];
    const matrix = () => tf.tensor2d(draws.fillUniform(new Float32Array(n * (n + d)), -1, 1), [n, n + d]);
    const [Wz, Wr, Wh, h, x] = [
      matrix(),
      matrix(),
      matrix(),
      tf.tensor2d([[0.1], [-0.2], [0.3]]),
      tf.tensor2d([[1], [-1]]),
    ];
    const z = tf.sigmoid(tf.matMul(Wz, tf.concat([h, x])));
    const r = tf.sigmoid(tf.matMul(Wr, tf.concat([h, x])));
    const proposed = tf.tanh(tf.matMul(Wh, tf.concat([tf.mul(r, h), x])));
    const expected = tf.add(tf.mul(tf.sub(1, z), h), tf.mul(z, proposed));

    const part = (W: tf.Tensor2D, from: number, size: number) =>
      tf.transpose(tf.slice(W, [0, from], [n, size])) as tf.Tensor2D;
    const weights = {
      kernel: tf.concat(
        [Wz, Wr, Wh].map((W) => part(W, n, d)),
        1,
      ),
      recurrent: tf.concat([part(Wz, 0, n), part(Wr, 0, n)], 1),
      candidate: part(Wh, 0, n),
    };
    const actual = cells.gru.step(
      weights,
      cells.gru.project(weights, tf.transpose(x) as tf.Tensor2D, { bias: false }),
      { h: tf.transpose(h) as tf.Tensor2D },
      1,
      { bias: false },
    );
    close(actual['h']!.dataSync(), expected.dataSync(), 1e-6, 'h');
  });

  test('seed 002 table 1: the phased gate over 13 time steps, rounded as printed', () => {
    const { tau, s, rOn, t, phi, k } = numbers.phasedGate;
    const found = t.map((at) => phaseAt(at, { tau, s, rOn }));
    close(
      found.map((gate) => gate.phi),
      phi,
      0.05,
      'phi',
    );
    close(
      found.map((gate) => gate.k),
      k,
      0.05,
      'k',
    );
  });

  test('seed 002 1.3.2: parameters of an LSTM', () => {
    for (const [d, n] of [
      [1, 1],
      [10, 128],
      [89, 64],
    ] as const) {
      assert.equal(cells.lstm.parameters({ inputs: d, units: n }, { forgetBias: 1 }), 4 * (d * n + n * n + n));
    }
    const [n, k] = [128, 10]; // with the output layer, for scalar digits and for one-hot ones
    for (const [d, encoding] of [
      [1, 'scalar'],
      [10, 'one-hot'],
    ] as const) {
      const training = {
        optimizer: 'sgd',
        learningRate: 1,
        batchSize: 1,
        maxSteps: 1,
        evaluateEvery: 1,
        evaluationSize: 1,
      };
      const trial = {
        task: { name: 'palindrome', encoding },
        model: { cell: 'lstm', hiddenUnits: n, layers: 1 },
        training,
        seed: 1,
      };
      assert.equal(countParameters(trial), 4 * (d * n + n * n + n) + n * k + k);
    }
    assert.deepEqual(numbers.lstmParameters, {
      ...numbers.lstmParameters,
      cell: '4 (d n + n n + n)',
      withOutput: '4 (d n + n n + n) + n k + k',
    });
  });
});

test('an LSTM starts with the forget bias it is given, third of its gates, and with no other bias', () => {
  const { bias } = cells.lstm.init({ inputs: 1, units: 2 }, { forgetBias: 0.5 }, stream(1, 'init'));
  assert.deepEqual([...bias!.dataSync()], [0, 0, 0, 0, 0.5, 0.5, 0, 0]);
  assert.deepEqual(cells.lstm.options.parse({}), { forgetBias: 1 });
});

test('learned phases that training has pushed out of their bounds come back: their gradients are not zero there', () => {
  const options = { ...cells['phased-lstm'].options.parse({ phases: 'learned' }) };
  const weights = cells['phased-lstm'].init({ inputs: 2, units: 1 }, options, stream(1, 'init'));
  const at = (name: string, value: number) =>
    tf
      .grad((x: tf.Tensor) => {
        const state = { h: tf.fill<tf.Rank.R2>([1, 1], 0.5), c: tf.fill<tf.Rank.R2>([1, 1], 0.5) };
        const moved = { ...weights, tau: tf.tensor1d([3]), s: tf.tensor1d([0.6]), rOn: tf.tensor1d([0.9]), [name]: x };
        const step = cells['phased-lstm'].step(
          moved,
          cells['phased-lstm'].project(moved, tf.ones([1, 2]), options),
          state,
          1,
          options,
        );
        return tf.sum(step['h']!) as tf.Scalar;
      })(tf.tensor1d([value]))
      .dataSync()[0];
  for (const [name, value] of [
    ['rOn', 1.2],
    ['rOn', 0.5],
    ['tau', 0.8],
    ['tau', 3],
  ] as const)
    assert.notEqual(at(name, value), 0, `${name} = ${value}`);
});

test('a phased LSTM refuses a gate that is never open, or open for longer than its period, or a period below one step', () => {
  for (const bad of [{ rOn: 0 }, { rOn: 1.01 }, { rOn: -0.1 }, { tau: 0.5 }]) {
    assert.equal(cells['phased-lstm'].options.safeParse(bad).success, false, JSON.stringify(bad));
  }
  assert.ok(cells['phased-lstm'].options.safeParse({ rOn: 1, tau: 1 }).success);
});

test('stopGradient passes the value on and lets no gradient through', () => {
  const f = (x: tf.Tensor) => tf.sum(tf.add(tf.mul(stopGradient(x), x), tf.square(stopGradient(x)))) as tf.Scalar;
  const x = tf.tensor1d([2, 3]);
  close(f(x).dataSync(), [26], 0);
  close(tf.grad(f)(x).dataSync(), [2, 3], 0);
});

test('stopGradient shares its data and gives it back', () => {
  const before = tf.memory().numTensors;
  const x = tf.tensor1d([1, 2]);
  const y = stopGradient(x);
  x.dispose();
  assert.deepEqual([...y.dataSync()], [1, 2]);
  y.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('truncated back-propagation lets the loss at the last step reach back exactly `truncate` steps', () => {
  const x = tf.ones([7, 1, 2]) as tf.Tensor3D;
  for (const truncate of [1, 3, 7]) {
    const network = recurrentNetwork({ cell: 'rnn', hiddenUnits: 3, layers: 2 }, 2, { truncate });
    const weights = network.init(stream(14, 'init'));
    const gradient = tf.grad(
      (u: tf.Tensor) => tf.sum(network.run(weights, u as tf.Tensor3D).outputs.at(-1)!) as tf.Scalar,
    )(x) as tf.Tensor3D;
    const reached = gradient.arraySync().map(([row]) => row!.some((g) => g !== 0));
    assert.deepEqual(
      reached,
      Array.from({ length: 7 }, (_, t) => t >= 7 - truncate),
      `truncate ${truncate}`,
    );
    const full = recurrentNetwork({ cell: 'rnn', hiddenUnits: 3, layers: 2 }, 2).run(weights, x).outputs.at(-1)!;
    close(network.run(weights, x).outputs.at(-1)!.dataSync(), full.dataSync(), 0, 'the values themselves');
  }
});
