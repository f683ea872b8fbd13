/** A lane computes what it would compute alone, to the last bit, whoever its neighbours are: on every device. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkTrial } from '../../core/spec.ts';
import { recordPure } from '../../engine/replay/compile.ts';
import { deviceInUse } from '../../engine/replay/devices.ts';
import { compiler, eager } from '../../engine/replay/index.ts';
import { lanes } from '../../engine/replay/lanes/index.ts';
import type { Compile, TensorFunction } from '../../engine/replay/types.ts';
import { problemOf, updateOf } from '../../models/problem.ts';
import { programsOnce } from '../../trainer/network/programs.ts';
import { stream } from '../../models/random.ts';
import { mapTensors, tensorOf } from '../../engine/tensors.ts';
import type { Tensors } from '../../models/types.ts';
import type { TestDevice } from '../support/devices.ts';
import { choices, corpus, nameOf, trialOf } from '../support/replayed-trials.ts';

/** One device a process. */
export async function testLanes(device: TestDevice): Promise<void> {
  const { skip } = device;
  if (!skip) await device.load();

  const said: string[] = [];
  const compile = compiler((line) => said.push(line));

  const mapValues = <A, B>(values: Readonly<Record<string, A>>, f: (x: A) => B): Record<string, B> =>
    Object.fromEntries(Object.entries(values).map(([name, x]) => [name, f(x)]));
  const stacked = (groups: Tensors[]): Tensors =>
    mapTensors(groups[0] ?? {}, (_, name) => tf.stack(groups.map((group) => tensorOf(group, name))));
  const bitsOf = (x: tf.Tensor): Uint8Array => {
    const values = x.dataSync();
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };

  /** Three steps and an evaluation of `count` lanes, together and each alone: the names of what is not the same. */
  function differences(spec: NetworkTrial, count: number, make: Compile = compile): string[] {
    const problem = problemOf(spec, corpus);
    const update = updateOf(spec);
    const program = programsOnce(make).take(spec, problem, update);
    const different = new Set<string>();
    tf.tidy(() => {
      const size = spec.training.batchSize;
      const seeds = Array.from({ length: count }, (_, lane) => lane + 1);
      let alone = seeds.map((seed): Tensors[] => {
        const weights = problem.init(stream(seed, 'init'));
        return [program.hold(weights), program.hold(update.init(weights)), problem.carried?.(size) ?? {}];
      });
      let together = [0, 1, 2].map((part) => stacked(alone.map((state) => state[part] as Tensors)));
      const compare = (results: Tensors[], others: Tensors[][]) =>
        results.forEach((group, part) => {
          for (const [name, x] of Object.entries(group)) {
            const expected = Buffer.concat(others.map((lane) => bitsOf(tensorOf(lane[part] as Tensors, name))));
            if (!expected.equals(bitsOf(x))) different.add(name);
          }
        });
      for (let step = 1; step <= 3; step++) {
        const inputs = seeds.map((seed): Tensors[] => [
          problem.batch(stream(seed, 'batch', step), size),
          {
            ...mapValues(update.constants, (x) => tf.scalar(x / seed)),
            rate: tf.scalar(0.01 * seed),
            step: tf.scalar(step + seed),
          },
        ]);
        const others = alone.map((state, lane) => program.train.run(...state, ...(inputs[lane] as Tensors[])));
        const results = program.train.runLanes(
          count,
          ...together,
          ...[0, 1].map((part) => stacked(inputs.map((groups) => groups[part] as Tensors))),
        );
        compare(results, others);
        [alone, together] = [others.map((groups) => groups.slice(0, 3)), results.slice(0, 3)];
      }
      const batches = seeds.map((seed) => (problem.evaluationBatch ?? problem.batch)(stream(seed, 'evaluate'), size));
      const [weights = {}, , carried = {}] = together;
      compare(
        program.evaluate.runLanes(count, weights, stacked(batches), carried),
        alone.map((state, lane) =>
          program.evaluate.run(state[0] as Tensors, batches[lane] as Tensors, state[2] as Tensors),
        ),
      );
    });
    assert.equal(program.train.replayed && program.evaluate.replayed, make === compile);
    program.train.dispose();
    program.evaluate.dispose();
    return [...different];
  }

  for (const choice of choices) {
    test(`lanes are as alone: ${nameOf(choice)}`, { skip }, () => {
      said.length = 0;
      for (const count of [3, 8]) assert.deepEqual(differences(trialOf(choice), count), [], `${count} lanes`);
      assert.deepEqual(said, []);
    });
  }

  for (const { cell, units, batch } of [
    { cell: 'rnn', units: 32, batch: 32 },
    { cell: 'lstm', units: 24, batch: 32 },
    { cell: 'rnn', units: 7, batch: 3 },
    { cell: 'lstm', units: 7, batch: 5 },
    { cell: 'lstm', units: 5, batch: 7 },
    { cell: 'lstm', units: 66, batch: 16 }, // a product of more than 128 terms
    { cell: 'gru', units: 33, batch: 17 },
    { cell: 'lstm', units: 128, batch: 128 }, // its products are Eigen's
  ]) {
    test(`whatever their number: ${cell}, ${units} units, batch ${batch}`, { skip }, () => {
      for (const count of [2, 3, 5, 8, 16])
        assert.deepEqual(
          differences(trialOf({ cell, units, batch, optimizer: 'rmsprop' }), count),
          [],
          `${count} lanes`,
        );
    });
  }

  test('where a step runs op by op, lanes run one after the other', { skip }, () => {
    assert.deepEqual(differences(trialOf({}), 3, eager), []);
  });

  const plain: TensorFunction = (x, y) => {
    const [a, b] = [x as tf.Tensor2D, y as tf.Tensor1D];
    const cumulated = tf.cumsum(tf.add(a, b), 1); // no rule: lane by lane
    return [
      tf.softmax(cumulated as tf.Tensor2D),
      tf.sum(tf.tanh(cumulated), 0),
      tf.argMax(a, 1),
      tf.concat([a, tf.ones([2, 1])], 1),
      tf.scalar(2),
      y as tf.Tensor,
    ];
  };
  const numbers = (...shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(3 * i)),
      shape,
    );

  test('an op without a rule, a constant and an input that comes out again', { skip }, () => {
    const compiled = compile(plain, 'plain');
    tf.tidy(() => {
      const [x, y] = [numbers(4, 2, 3), numbers(4, 3)];
      const together = compiled.lanes(4)(x, y);
      tf.unstack(x).forEach((lane, i) => {
        compiled.run(lane, tf.unstack(y)[i] as tf.Tensor).forEach((alone, k) => {
          const mine = tf.unstack(together[k] as tf.Tensor)[i] as tf.Tensor;
          assert.deepEqual([mine.shape, mine.dtype, mine.arraySync()], [alone.shape, alone.dtype, alone.arraySync()]);
        });
      });
    });
    assert.equal(compiled.replayed, true);
    compiled.dispose();
  });

  test('one op serves all lanes where a rule says how, and each has its own where none does', { skip }, () => {
    const inputs = [numbers(2, 3), numbers(3)];
    const used = deviceInUse() ?? assert.fail('no device');
    const graph = lanes(recordPure(plain, inputs, used), 5, used.laneRules);
    tf.dispose(inputs);
    const count = (op: string) => graph.nodes.filter((node) => node.op === op).length;
    const softmaxes = used.laneRules['Softmax'] ? 1 : 5;
    assert.deepEqual([count('Cumsum'), count('Softmax'), count('ArgMax'), count('ConcatV2')], [5, softmaxes, 1, 1]);
    assert.equal(count('Tanh'), 5, 'six numbers fill no packet');
  });

  after(() => {
    if (skip) return;
    device.closeIdle();
    assert.equal(tf.memory().numTensors, 0);
  });
}
