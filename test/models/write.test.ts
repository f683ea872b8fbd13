/** Reading symbol by symbol gives the same as one operation after the other, and as the whole sequence at once. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { cast, memory, oneHot, tensor2d, tidy, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../core/spec.ts';
import { cells } from '../../models/cells/index.ts';
import { outputLayer } from '../../models/layers/output.ts';
import { stream } from '../../models/random.ts';
import { disposeAll } from '../../engine/tensors.ts';
import { recurrentNetwork } from '../../models/layers/unroll.ts';
import { readerOf, writeOn } from '../../models/text/write.ts';
import { useBackend } from '../support/backend.ts';

before(() => useBackend());

const SIZE = 7;
const symbols = Int32Array.from({ length: 40 }, (_, i) => (i * i + 3) % SIZE);
const [SHORT, LONG] = [1, 1000]; // expected: read operation by operation, and recorded where that can be

for (const cell of Object.keys(cells)) {
  for (const layers of [1, 2]) {
    test(`${cell}, ${layers} layers: what a recorded reader says is what an eager one says, and what the network says of the whole text`, () => {
      const model: ModelSpec = { cell, hiddenUnits: 5, layers };
      const network = recurrentNetwork(model, SIZE);
      const output = outputLayer(network.units, SIZE);
      const weights = { ...network.init(stream(1, 'init')), ...output.init(stream(2, 'init')) };
      const held = memory().numTensors;
      const said = (expected: number) => {
        const reader = readerOf({ network, output, weights, vocabulary: { size: SIZE } }, expected);
        const logits = Array.from(symbols, (symbol) => [...Array.from(reader.read(symbol))]);
        reader.dispose();
        return logits;
      };
      const [eager, recorded] = [said(SHORT), said(LONG)];
      const whole = tidy(() => {
        const x: Tensor3D = cast(oneHot(tensor2d(symbols, [symbols.length, 1], 'int32'), SIZE), 'float32') as Tensor3D;
        return network.run(weights, x).outputs.map((h) => Array.from(output.logits(weights, h as Tensor2D).dataSync()));
      });
      for (const [i, logits] of eager.entries()) {
        for (const [k, x] of logits.entries()) {
          assert.ok(Math.abs(x - (recorded[i]?.[k] ?? NaN)) < 1e-5, `recorded, symbol ${i}`);
          assert.ok(Math.abs(x - (whole[i]?.[k] ?? NaN)) < 1e-5, `whole, symbol ${i}`);
        }
      }
      assert.equal(memory().numTensors, held, 'nothing is left behind');

      const wrote = (expected: number, temperature: number | 'greedy') => {
        const reader = readerOf({ network, output, weights, vocabulary: { size: SIZE } }, expected);
        const text = writeOn(reader, [0], { length: 60, temperature }, stream(3, 'write'));
        reader.dispose();
        return text;
      };
      for (const temperature of ['greedy', 1] as const)
        assert.deepEqual(wrote(LONG, temperature), wrote(SHORT, temperature));
      disposeAll(weights);
    });
  }
}
