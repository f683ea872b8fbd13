import assert from 'node:assert/strict';
import { test } from 'node:test';
import { philox, stream } from '../../models/random.ts';

const hex = (...texts: string[]) => texts.map((text) => Number.parseInt(text, 16));

test('philox4x32-10 gives the known answers of its authors (Random123, kat_vectors)', () => {
  const known: [counter: number[], key: number[], expected: number[]][] = [
    [hex('0', '0', '0', '0'), hex('0', '0'), hex('6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8')],
    [
      hex('ffffffff', 'ffffffff', 'ffffffff', 'ffffffff'),
      hex('ffffffff', 'ffffffff'),
      hex('408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'),
    ],
    [
      hex('243f6a88', '85a308d3', '13198a2e', '03707344'),
      hex('a4093822', '299f31d0'),
      hex('d16cfe09', '94fdcceb', '5001e420', '24126ea1'),
    ],
  ];
  for (const [counter, key, expected] of known) {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    assert.deepEqual([...out], expected);
  }
});

test('a stream depends on seed, purpose and step, and on nothing else', () => {
  const draw = (seed: number, purpose: string, step: number) =>
    Array.from({ length: 9 }, stream(seed, purpose, step).word).join();
  assert.equal(draw(1, 'batch', 5), draw(1, 'batch', 5));
  const different = [draw(1, 'batch', 5), draw(2, 'batch', 5), draw(1, 'evaluate', 5), draw(1, 'batch', 6)];
  assert.equal(new Set(different).size, different.length);
});

test('a stream refuses a seed or a step that is no whole number below 2^32', () => {
  for (const bad of [-1, 0.5, 2 ** 32, NaN]) {
    assert.throws(() => stream(bad, 'batch'), /the seed of a random stream is a whole number/);
    assert.throws(() => stream(1, 'batch', bad), /the step of a random stream is a whole number/);
  }
});

test('digits are uniform: chi-square of 100,000 of them with 9 degrees of freedom is below its 99.9 % point', () => {
  const counts = new Array<number>(10).fill(0);
  for (const digit of stream(3, 'test').fillBelow(new Int32Array(100_000), 10)) counts[digit]! += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chiSquare < 27.88, `${chiSquare}`);
});

test('uniform and normal draws have the moments that their names promise', () => {
  const moments = (values: Float32Array) => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length] as const;
  };
  const uniform = stream(4, 'uniform').fillUniform(new Float32Array(100_000), -2, 4);
  assert.ok(uniform.every((x) => x >= -2 && x <= 4));
  const [uniformMean, uniformVariance] = moments(uniform);
  assert.ok(
    Math.abs(uniformMean - 1) < 0.02 && Math.abs(uniformVariance - 3) < 0.05,
    `${uniformMean} ${uniformVariance}`,
  );
  const normals = stream(4, 'normal');
  const [mean, variance] = moments(Float32Array.from({ length: 100_000 }, normals.normal));
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(variance - 1) < 0.02, `${mean} ${variance}`);
});

test('a permutation holds every number once, and is not always the same', () => {
  const draws = stream(5, 'order');
  const first = draws.permutation(50),
    second = draws.permutation(50);
  assert.deepEqual(
    [...first].sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => i),
  );
  assert.notDeepEqual([...first], [...second]);
});
