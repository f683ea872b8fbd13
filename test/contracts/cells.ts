/** What every cell must do: see models/types.ts. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { listOf, namesOf, tensorOf } from '../../engine/tensors.ts';
import { cells } from '../../models/cells/index.ts';
import { recurrentNetwork } from '../../models/layers/unroll.ts';
import { stream } from '../../models/random.ts';
import type { Cell, Options, PlainState, PlainWeights, Weights } from '../../models/types.ts';
import type { Contract } from './contract.ts';

const [inputs, units, batch, time] = [3, 4, 2, 5];

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string) => {
  assert.equal(actual.length, expected.length, what);
  Array.from(actual).forEach((x, i) =>
    assert.ok(Math.abs(x - expected[i]!) <= tolerance, `${what}[${i}] is ${x}, expected ${expected[i]}`),
  );
};

/** A layer of the cell, whether or not it is in the registry. */
function networkOf(cell: Cell, given: Options, layers = 1) {
  const registry = cells as Record<string, Cell>;
  const before = registry['under-test'];
  registry['under-test'] = cell;
  try {
    return recurrentNetwork({ ...given, cell: 'under-test', hiddenUnits: units, layers }, inputs);
  } finally {
    if (before === undefined) delete registry['under-test'];
  }
}

/** Initial weights, moved at random, biases included: zeros would hide a missing one. */
function randomWeights(cell: Cell, options: Options): Weights {
  const draws = stream(11, 'weights');
  return Object.fromEntries(
    Object.entries(cell.init({ inputs, units }, options, draws)).map(([key, w]) => [
      key,
      tf.add(w, tf.tensor(draws.fillUniform(new Float32Array(w.size), 0.05, 0.35), w.shape)),
    ]),
  );
}
const sequence = () =>
  tf.tensor3d(stream(12, 'x').fillUniform(new Float32Array(time * batch * inputs), -1, 1), [time, batch, inputs]);
/** A memory that is not empty: at nothing but zeros, what divides by their spread has no slope. */
const someStates = (cell: Cell, options: Options) => {
  const draws = stream(15, 'state');
  return Object.fromEntries(
    Object.entries(cell.initialState(batch, units, options)).map(([key, memory]) => [
      key,
      tf.add<tf.Tensor2D>(
        memory,
        tf.tensor2d(draws.fillUniform(new Float32Array(memory.size), -0.5, 0.5), [batch, units]),
      ),
    ]),
  );
};

/** Σ over time, batch and units of (1 + t) h²: something that depends on every weight in its own way. */
function lossOf(cell: Cell, given: Options, options: Options) {
  const network = networkOf(cell, given);
  const states = someStates(cell, options);
  const loss = (weights: Weights, x: tf.Tensor3D): tf.Scalar => {
    const named = Object.fromEntries(Object.entries(weights).map(([key, w]) => [`layer0.${key}`, w]));
    const { outputs } = network.run(named, x, [states]);
    return tf.addN(outputs.map((h, t) => tf.mul<tf.Scalar>(tf.sum(tf.square(h)), 1 + t)));
  };
  return { loss, states };
}
const plainOf = (weights: Weights): PlainWeights =>
  Object.fromEntries(
    Object.entries(weights).map(([key, w]) => [key, { shape: w.shape, values: Float64Array.from(w.dataSync()) }]),
  );
/** The same in doubles, by the cell's own equations on plain arrays. */
function plainLoss(cell: Cell, options: Options, states: Weights, weights: PlainWeights, x: number[][][]): number {
  const rows = Object.entries(states).map(([key, memory]) => [key, memory.arraySync() as number[][]] as const);
  let now = Array.from(
    { length: batch },
    (_, b): PlainState => Object.fromEntries(rows.map(([key, m]) => [key, m[b]!])),
  );
  let sum = 0;
  x.forEach((xt, t) => {
    now = now.map((state, b) => cell.check.plain!(weights, xt[b]!, state, t + 1, options));
    for (const state of now) for (const h of state['h']!) sum += (1 + t) * h * h;
  });
  return sum;
}

/** For each variant of the options, as they are given and as the cell reads them. */
function each(cell: Cell, holds: (given: Options, options: Options) => void): void {
  assert.ok(cell.check.variants.length > 0, 'its check names options to test it with');
  for (const given of cell.check.variants) tf.tidy(() => holds(given, cell.options.parse(given) as Options));
}

/** Values that an option may have, by its schema. */
function valuesOf(cell: Cell, key: string): unknown[] {
  const { properties = {} } = z.toJSONSchema(cell.options, { io: 'input' });
  const { enum: listed = [] } = properties[key] as { enum?: unknown[] };
  return [...listed, true, false, 0, 0.25, 0.5, 1, 2, 3, 7].filter(
    (value) => cell.options.safeParse({ [key]: value }).success,
  );
}

/** Weights at first, and what comes out of a sequence. */
function behaviour(cell: Cell, given: Options): string {
  return tf.tidy(() => {
    const network = networkOf(cell, given);
    const weights = network.init(stream(16, 'init'));
    const { outputs } = network.run(weights, sequence());
    return JSON.stringify(
      [...listOf(weights), ...outputs].map((tensor) => [...tensor.dataSync()]).concat([[namesOf(weights).length]]),
    );
  });
}

export const cellContracts: Contract<Cell>[] = [
  {
    says: 'init makes as many numbers as the formula says, and none of them depends on anything but the stream',
    holds: (cell) =>
      each(cell, (_, options) => {
        for (const size of [
          { inputs: 1, units: 1 },
          { inputs: 3, units: 7 },
        ]) {
          const weights = cell.init(size, options, stream(1, 'init'));
          assert.equal(
            listOf(weights).reduce((sum, w) => sum + w.size, 0),
            cell.parameters(size, options),
          );
          const again = cell.init(size, options, stream(1, 'init'));
          for (const key of namesOf(weights))
            assert.deepEqual(tensorOf(again, key).dataSync(), tensorOf(weights, key).dataSync());
        }
      }),
  },
  {
    says: 'agrees with its equations on plain arrays',
    holds: (cell) =>
      each(cell, (given, options) => {
        if (cell.check.plain === undefined) return;
        const { loss, states } = lossOf(cell, given, options);
        const [weights, x] = [randomWeights(cell, options), sequence()];
        const expected = plainLoss(cell, options, states, plainOf(weights), x.arraySync());
        close(loss(weights, x).dataSync(), [expected], 1e-5 * Math.max(1, expected), 'loss');
      }),
  },
  {
    says: 'gradients by every weight agree with central differences',
    holds: (cell) =>
      each(cell, (given, options) => {
        const { loss, states } = lossOf(cell, given, options);
        const [weights, x] = [randomWeights(cell, options), sequence()];
        const [names, xs] = [namesOf(weights), x.arraySync()];
        const { grads } = tf.valueAndGrads((...list) =>
          loss(Object.fromEntries(names.map((key, i) => [key, list[i]!])), x),
        )(listOf(weights));
        const isPlain = cell.check.plain !== undefined;
        const valueAt = (moved: PlainWeights): number =>
          isPlain
            ? plainLoss(cell, options, states, moved, xs)
            : loss(
                Object.fromEntries(
                  Object.entries(moved).map(([key, { shape, values }]) => [
                    key,
                    tf.tensor(Float32Array.from(values), shape),
                  ]),
                ),
                x,
              ).dataSync()[0]!;
        const [far, tolerance] = isPlain ? [1e-5, 2e-5] : [1e-2, 5e-3]; // float32 has seven digits
        names.forEach((key, i) => {
          const numeric = Array.from({ length: grads[i]!.size }, (_, j) => {
            const at = (shift: number) => {
              const moved = plainOf(weights);
              (moved[key]!.values as Float64Array)[j]! += shift;
              return valueAt(moved);
            };
            return (at(far) - at(-far)) / (2 * far);
          });
          close(grads[i]!.dataSync(), numeric, tolerance * Math.max(1, ...numeric.map(Math.abs)), key);
        });
      }),
  },
  {
    says: 'a sequence in two halves, with the state carried over, is the whole sequence',
    holds: (cell) =>
      each(cell, (given) => {
        const x = sequence();
        const two = networkOf(cell, given, 2);
        const weights = two.init(stream(13, 'init'));
        const whole = two.run(weights, x);
        const first = two.run(weights, tf.slice(x, [0, 0, 0], [2, batch, inputs]));
        for (const elapsed of [2, tf.scalar(2)]) {
          const second = two.run(weights, tf.slice(x, [2, 0, 0], [3, batch, inputs]), first.states, elapsed);
          close(second.outputs.at(-1)!.dataSync(), whole.outputs.at(-1)!.dataSync(), 1e-6, 'h');
        }
        assert.equal(
          listOf(weights).reduce((sum, w) => sum + w.size, 0),
          two.parameters,
        );
      }),
  },
  {
    says: 'every option changes something',
    holds(cell) {
      for (const key of Object.keys(cell.options.shape)) {
        const seen = cell.check.variants.flatMap((given: Options) =>
          valuesOf(cell, key).map((value) => behaviour(cell, { ...given, [key]: value })),
        );
        const changes = cell.check.variants.some(
          (_, i) => new Set(seen.slice(i * valuesOf(cell, key).length, (i + 1) * valuesOf(cell, key).length)).size > 1,
        );
        assert.ok(changes, `${key} changes nothing`);
      }
    },
  },
];
