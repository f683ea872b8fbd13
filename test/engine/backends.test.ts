/** Every backend learns: one process each, as trainers do. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { BackendChoice } from '../../engine/backends/index.ts';
import { findOnnx } from '../../setup/onnx.ts';
import { findNative } from '../../setup/tensorflow.ts';

const execute = promisify(execFile);

/** Ten steps of gradient descent on a small recurrent network, with the operations that our cells and losses use. */
const program = `
  import * as tf from '@tensorflow/tfjs-core';
  import { loadBackend } from './engine/backends/index.ts';
  const { binding, ...backend } = await loadBackend(JSON.parse(process.argv[1]));
  const wave = (length, scale) => Float32Array.from({ length }, (_, i) => Math.sin(i) * scale);
  const ramp = (shape, scale) => tf.tensor(wave(shape.reduce((a, b) => a * b), scale), shape);
  const x = ramp([4, 3], 1), labels = tf.oneHot(tf.tensor1d([0, 1, 2, 1], 'int32'), 5);
  const loss = (kernel, recurrent, gate) => {
    let h = tf.zeros([4, 6]);
    for (let t = 0; t < 3; t++) {
      const z = tf.add(tf.matMul(x, kernel), tf.matMul(h, recurrent));
      h = tf.mul(tf.tanh(z), tf.sigmoid(tf.add(z, gate)));
    }
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.cast(labels, 'float32'), tf.logSoftmax(tf.slice(h, [0, 0], [4, 5]))), 1)));
  };
  let weights = [ramp([3, 6], 0.5), ramp([6, 6], 0.5), ramp([6], 0.5)];
  const losses = [];
  for (let step = 0; step < 10; step++) {
    weights = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads(loss)(weights);
      losses.push(value.dataSync()[0]);
      const norm = tf.sqrt(tf.addN(grads.map((g) => tf.sum(tf.square(g)))));
      const scale = tf.div(1, tf.maximum(1, norm));
      return weights.map((w, i) => tf.sub(w, tf.mul(tf.mul(grads[i], scale), 0.5)));
    });
  }
  console.log(JSON.stringify({ backend, hasBinding: binding !== undefined, losses, engine: tf.getBackend() }));
`;

interface Outcome {
  backend: { name: string; replayable: boolean };
  hasBinding: boolean;
  losses: number[];
  engine: string;
}

async function train(choice: BackendChoice): Promise<Outcome> {
  const args = ['--import', 'tsx', '--input-type=module', '-e', program, JSON.stringify({ ...choice, threads: 1 })];
  const { stdout, stderr } = await execute(process.execPath, args);
  assert.equal(stderr, '', 'a backend says nothing of its own');
  return JSON.parse(stdout) as Outcome;
}

const native = await findNative();
const onnx = await findOnnx();
const reference = train({ kind: 'cpu' });

test('plain JavaScript lowers the loss', async () => {
  const { losses, backend } = await reference;
  assert.match(backend.name, /^cpu \d/);
  assert.ok((losses.at(-1) ?? NaN) < (losses[0] ?? NaN) - 0.1, `loss went from ${losses[0]} to ${losses.at(-1)}`);
});

test('WebAssembly trains as plain JavaScript does', async () => {
  const { losses, backend, engine } = await train({ kind: 'wasm' });
  assert.equal(engine, 'wasm');
  assert.match(backend.name, /^wasm \d/);
  assertClose(losses, (await reference).losses);
});

test(
  'native TensorFlow trains as plain JavaScript does',
  { skip: native ? false : 'not installed: sweep setup' },
  async () => {
    const { losses, backend, engine, hasBinding } = await train({ kind: 'native', native });
    assert.equal(engine, 'tensorflow');
    assert.match(backend.name, /^tensorflow \d+\.\d+\.\d+ (cpu (avx512|avx2|arm64)|gpu)$/);
    assert.ok(backend.replayable && hasBinding);
    assertClose(losses, (await reference).losses);
  },
);

test(
  'what ONNX Runtime does not replay trains as plain JavaScript does',
  { skip: onnx ? false : 'not installed: sweep setup' },
  async () => {
    const { losses, backend, engine, hasBinding } = await train({ kind: 'onnx', onnx });
    assert.equal(engine, 'wasm');
    assert.match(backend.name, /^onnxruntime \d+\.\d+\.\d+ cpu \S/);
    assert.ok(backend.replayable && hasBinding);
    assertClose(losses, (await reference).losses);
  },
);

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-5, `step ${i}: ${value}, expected ${expected[i]}`),
  );
}
