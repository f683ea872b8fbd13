/** Native TensorFlow and ONNX Runtime compute the same, as near as two libraries can. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { compile } from '../../engine/replay/index.ts';
import { cells } from '../../models/cells/index.ts';
import { train, type Trained } from '../../trainer/network/train.ts';
import { nativeDevice, onnxDevice, type TestDevice } from '../support/devices.ts';
import { trialOf } from '../support/replayed-trials.ts';

const [native, onnx] = [await nativeDevice(), onnxDevice()];
const skip = native.skip || onnx.skip;
if (!skip) await native.load();
if (!skip) await onnx.load();

async function trained(device: TestDevice, cell: string): Promise<Trained> {
  await tf.setBackend(device.backend);
  const training = train(trialOf({ cell, optimizer: 'sgd' }), { compile, toStep: 5 });
  for (;;) {
    const { done, value } = await training.next();
    if (done) return value;
  }
}

for (const cell of Object.keys(cells)) {
  test(`five steps of a small ${cell}`, { skip }, async () => {
    const [one, other] = [await trained(native, cell), await trained(onnx, cell)];
    assert.deepEqual([one.replayed, other.replayed], [true, true]);
    for (const [name, { values }] of Object.entries(one.checkpoint.tensors)) {
      const others = other.checkpoint.tensors[name]?.values ?? assert.fail(name);
      values.forEach((x, i) => assert.ok(Math.abs(x - (others[i] ?? NaN)) <= 1e-5, `${name}: ${x}, ${others[i]}`));
    }
  });
}
