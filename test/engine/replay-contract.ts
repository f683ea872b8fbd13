/** A recorded function gives what it gives op by op, and what cannot be recorded is not: on every device. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkTrial } from '../../core/spec.ts';
import { loadBackend } from '../../engine/backends/index.ts';
import { compiler } from '../../engine/replay/index.ts';
import type { Compile, TensorFunction } from '../../engine/replay/types.ts';
import { train, type Trained, type TrainOptions } from '../../trainer/network/train.ts';
import type { TestDevice } from '../support/devices.ts';
import { choices, corpus, nameOf, trialOf } from '../support/replayed-trials.ts';

/** One device a process. */
export async function testReplay(device: TestDevice): Promise<void> {
  const { skip } = device;
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'graph-test-'));
  tf.env().set('PROD', true); // plain JavaScript says nothing of itself
  if (!skip) await device.load();

  const said: string[] = [];
  const compile = compiler((line) => said.push(line));
  /** What holds tensors has those, too, that JavaScript has uploaded: none may stay. */
  const atFirst = skip ? undefined : device.held();

  async function trained(spec: NetworkTrial, options: TrainOptions): Promise<Trained> {
    const training = train(spec, { corpus, ...options });
    for (;;) {
      const { done, value } = await training.next();
      if (done) return value;
    }
  }

  /**
   * How far apart the tensors of two checkpoints are: the largest difference by the largest number, of the worst
   * tensor.
   */
  function distance(a: Trained, b: Trained): number {
    const largest = (values: Float32Array) => values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    assert.deepEqual(Object.keys(a.checkpoint.tensors), Object.keys(b.checkpoint.tensors));
    return Math.max(
      ...Object.entries(a.checkpoint.tensors).map(([name, { values }]) => {
        const others = b.checkpoint.tensors[name]?.values ?? assert.fail(name);
        return largest(values.map((x, i) => x - (others[i] ?? NaN))) / (largest(others) || 1);
      }),
    );
  }

  /**
   * Steps before two are compared. RMSProp and Adam divide each gradient by its own running size, which at first is
   * that gradient alone: where it is almost zero, the rounding error of a sum is then as large as the step.
   */
  const WARM = 10;

  for (const choice of choices) {
    test(`a replayed step is the eager one: ${nameOf(choice)}`, { skip }, async () => {
      said.length = 0;
      const { checkpoint } = await trained(trialOf(choice), { toStep: WARM });
      const eager = await trained(trialOf(choice), { resume: checkpoint, toStep: WARM + 1 });
      const replayed = await trained(trialOf(choice), { resume: checkpoint, toStep: WARM + 1, compile });
      assert.deepEqual(said, []);
      assert.equal(replayed.replayed, true);
      const apart = distance(replayed, eager);
      assert.ok(apart <= device.tolerance, `${apart} apart`);
      for (const [name, value] of Object.entries(eager.metrics))
        assert.ok(Math.abs((replayed.metrics[name] ?? NaN) - value) < 1e-5, name);
    });
  }

  test('a trial resumed from its checkpoint is bit-equal to one never stopped', { skip }, async () => {
    const once = await trained(trialOf({}), { toStep: 9, compile });
    const { checkpoint } = await trained(trialOf({}), { toStep: 4, compile });
    const resumed = await trained(trialOf({}), { resume: checkpoint, toStep: 9, compile });
    assert.equal(distance(once, resumed), 0);
    assert.deepEqual(resumed.metrics, once.metrics);
  });

  test('two processes compute the same bits', { skip }, async () => {
    const program = `
    import { createHash } from 'node:crypto';
    import { loadBackend } from './engine/backends/index.ts';
    import { compile } from './engine/replay/index.ts';
    import { train } from './trainer/network/train.ts';
    const [choice, trial] = JSON.parse(process.argv[1]);
    await loadBackend(choice);
    const training = train(trial, { compile, toStep: 5 });
    let step = await training.next();
    while (!step.done) step = await training.next();
    const hash = createHash('sha256');
    for (const { values } of Object.values(step.value.checkpoint.tensors)) hash.update(values);
    console.log(step.value.replayed, hash.digest('hex'));
  `;
    const run = () =>
      promisify(execFile)(process.execPath, [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        program,
        JSON.stringify([device.choice, trialOf({ units: 32 })]),
      ]);
    const [one, other] = await Promise.all([run(), run()]);
    assert.match(one.stdout, /^true \w{64}\n$/);
    assert.equal(one.stdout, other.stdout);
  });

  /** Its outputs as plain JavaScript computes them, operation by operation. */
  function plainly(step: TensorFunction, inputs: readonly tf.Tensor[]): tf.Tensor[] {
    const before = tf.getBackend();
    void tf.setBackend('cpu');
    try {
      return tf.tidy(() => step(...inputs.map((x) => tf.tensor(x.dataSync(), x.shape, x.dtype))));
    } finally {
      void tf.setBackend(before);
    }
  }

  /** Runs it compiled and op by op on both inputs; the lines that it said. */
  function tried(step: TensorFunction, ...calls: tf.Tensor[][]): { replayed: boolean; lines: string[] } {
    said.length = 0;
    const compiled = compile(step, 'step');
    for (const inputs of calls) {
      const expected = plainly(step, inputs);
      const outputs = compiled.run(...inputs);
      assert.deepEqual(typesOf(outputs), typesOf(expected));
      outputs.forEach((output, i) => assertClose(output, expected[i] as tf.Tensor));
      tf.dispose([outputs, expected]);
    }
    const { replayed } = compiled;
    compiled.dispose();
    tf.dispose(calls);
    return { replayed, lines: [...said] };
  }
  const typesOf = (tensors: readonly tf.Tensor[]) => tensors.map(({ shape, dtype }) => [shape, dtype]);
  function assertClose(x: tf.Tensor, expected: tf.Tensor): void {
    const others = expected.dataSync();
    x.dataSync().forEach((value, i) =>
      assert.ok(Math.abs(value - (others[i] ?? NaN)) <= 1e-6 * Math.max(1, Math.abs(value)), `${value}, ${others[i]}`),
    );
  }
  const vector = (...values: number[]) => tf.tensor1d(values);
  const indices = (...values: number[]) => tf.tensor1d(values, 'int32');

  test('outputs may be inputs, constants, and twice the same', { skip }, () => {
    const step: TensorFunction = (a, b) => {
      const sum = tf.add(a as tf.Tensor, b as tf.Tensor);
      return [a as tf.Tensor, sum, tf.tensor1d([1, 2], 'int32'), sum, tf.greater(sum, 3), tf.clone(b as tf.Tensor)];
    };
    const { replayed, lines } = tried(step, [vector(1, 2), vector(3, 4)], [vector(-1, 5), vector(0, 1)]);
    assert.deepEqual([replayed, lines], [true, []]);
  });

  test('the same tensor may be given twice', { skip }, () => {
    const x = vector(1, 2);
    const { replayed } = tried(
      (a, b) => [tf.sub(a as tf.Tensor, tf.mul(b as tf.Tensor, 2))],
      [x, x],
      [vector(1, 2), vector(3, 4)],
    );
    assert.equal(replayed, true);
  });

  test('gradients, slices, splits, gathers, one-hots, reductions and selections are recorded', { skip }, () => {
    const step: TensorFunction = (x, at) => {
      const positive = tf.greater(tf.reshape(x as tf.Tensor, [2, 4]).slice([0, 0], [2, 2]), 0);
      const { value, grads } = tf.valueAndGrads((v) => {
        const [left, right] = tf.split(tf.gather(tf.reshape(v, [2, 4]), at as tf.Tensor1D), 2, 1) as [
          tf.Tensor,
          tf.Tensor,
        ];
        const chosen = tf.where(positive, tf.pow(left, 2), tf.elu(right));
        return tf.sum(tf.logSoftmax(tf.concat([chosen, tf.slice(right, [0, 1], [2, 1])], 1)));
      })([x as tf.Tensor]);
      return [
        value,
        ...grads,
        tf.oneHot(at as tf.Tensor1D, 3),
        tf.argMax(x as tf.Tensor, 0),
        tf.cumsum(x as tf.Tensor),
      ];
    };
    const ramp = (scale: number) => vector(...Array.from({ length: 8 }, (_, i) => Math.sin(i + 1) * scale));
    assert.deepEqual(tried(step, [ramp(1), indices(1, 0)], [ramp(2), indices(1, 1)]), { replayed: true, lines: [] });
  });

  test('an index that no class has is a row of zeros', { skip }, () => {
    const { replayed } = tried((x) => [tf.oneHot(x as tf.Tensor1D, 3)], [indices(-1, 0, 3, 2)], [indices(1, -3, 2, 0)]);
    assert.equal(replayed, true);
  });

  test('inputs of other shapes are recorded anew', { skip }, () => {
    const { replayed } = tried((x) => [tf.mean(x as tf.Tensor)], [vector(1, 2)], [vector(1, 2, 6)], [vector(3, 4)]);
    assert.equal(replayed, true);
  });

  const outside = skip ? undefined : vector(1, 2);
  let calls = 0;
  const refused: [string, RegExp, TensorFunction][] = [
    [
      'random ops',
      /Multinomial/,
      (x) => [tf.mul(x as tf.Tensor, tf.sum(tf.multinomial(tf.zeros([2]) as tf.Tensor1D, 1)))].map((y) => tf.mul(y, 0)),
    ],
    ['shapes that depend on values', /Unique/, (x) => [tf.unique(x as tf.Tensor).values]],
    [
      'values read by JavaScript',
      /reads the values/,
      (x) => [tf.mul(x as tf.Tensor, Number((x as tf.Tensor).dataSync()[0]))],
    ],
    ['tensors made outside', /neither an input/, (x) => [tf.mul(x as tf.Tensor, outside as tf.Tensor)]],
    ['what changes from call to call', /same at every call/, (x) => [tf.mul(tf.add(x as tf.Tensor, calls++), 0)]],
  ];
  for (const [what, reason, step] of refused) {
    test(`runs op by op, saying why: ${what}`, { skip }, () => {
      const { replayed, lines } = tried(step, [vector(1, 2)], [vector(3, 4)]);
      assert.equal(replayed, false);
      assert.equal(lines.length, 1);
      assert.match(lines[0] ?? '', /^step runs operation by operation: /);
      assert.match(lines[0] ?? '', reason);
    });
  }

  test('runs op by op on another backend', { skip }, async () => {
    await loadBackend({ kind: 'cpu' });
    try {
      assert.match(
        tried((x) => [tf.neg(x as tf.Tensor)], [vector(1)], [vector(2)]).lines.join(),
        /needs the native backend$/,
      );
    } finally {
      await tf.setBackend(device.backend);
    }
  });

  test('gradients pass through a compiled function', { skip }, () => {
    const compiled = compile((x) => [tf.square(x as tf.Tensor)], 'square');
    tf.tidy(() => {
      compiled.run(tf.scalar(2));
      assert.equal(
        tf
          .grad((x) => compiled.run(x)[0] as tf.Tensor)(tf.scalar(3))
          .dataSync()[0],
        6,
      );
    });
    compiled.dispose();
  });

  test('an error inside the function is thrown as it is', { skip }, () => {
    const compiled = (step: TensorFunction, name: Parameters<Compile>[1]) => compile(step, name).run;
    assert.throws(
      () =>
        compiled(() => {
          throw new Error('no such cell');
        }, 'broken')(),
      /^Error: no such cell$/,
    );
  });

  test('a call keeps nothing but its outputs', { skip }, () => {
    const compiled = compile((x) => [tf.tanh(x as tf.Tensor), tf.sum(x as tf.Tensor)], 'step');
    let x: tf.Tensor = vector(1, 2);
    const once = () => {
      const [next, sum] = compiled.run(x) as [tf.Tensor, tf.Tensor];
      tf.dispose([x, sum]);
      x = next;
    };
    once();
    const before = [tf.memory().numTensors, device.held().tensors];
    for (let i = 0; i < 200; i++) once();
    assert.deepEqual([tf.memory().numTensors, device.held().tensors], before);
    x.dispose();
    compiled.dispose();
  });

  test('equal functions share a session, and sixteen are kept for the next ones', { skip }, () => {
    device.closeIdle();
    const open = () => device.held().sessions - (atFirst?.sessions ?? NaN);
    const opened = (power: number) => {
      const compiled = compile((x) => [tf.mul(x as tf.Tensor, power)], 'step');
      tf.tidy(() => void compiled.run(tf.scalar(3)));
      return compiled;
    };
    const [one, same, other] = [opened(1), opened(1), opened(2)];
    assert.equal(open(), 2);
    one.dispose();
    tf.tidy(() => assert.equal(same.run(tf.scalar(4))[0]?.dataSync()[0], 4));
    same.dispose();
    other.dispose();
    assert.equal(open(), 2, 'kept');
    for (let power = 3; power < 30; power++) opened(power).dispose();
    assert.equal(open(), 16);
  });

  after(() => {
    outside?.dispose();
    if (skip) return;
    device.closeIdle();
    assert.equal(tf.memory().numTensors, 0, 'tensors of tfjs that were not disposed of');
    assert.deepEqual(device.held(), atFirst);
    assert.deepEqual(
      readdirSync(process.env.TMPDIR ?? '').filter((name) => name.startsWith('graph-')),
      [],
      'files left behind',
    );
  });
}
