import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../core/json.ts';
import { kindOf, type Dimension } from '../../core/space/index.ts';
import { range, type Range } from '../../core/space/range.ts';

const valuesOf = (dimension: Dimension): Json[] => {
  const kind = kindOf(dimension);
  return Array.from({ length: kind.count(dimension) ?? 0 }, (_, i) => kind.at(dimension, i));
};

test('a range has the numbers that one would write', () => {
  assert.deepEqual(valuesOf({ from: 5, to: 35, step: 5 }), [5, 10, 15, 20, 25, 30, 35]);
  assert.deepEqual(valuesOf({ from: 0, to: 1, step: 0.1 }), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  assert.deepEqual(valuesOf({ from: 0.1, to: 0.3, step: 0.1 }), [0.1, 0.2, 0.3]);
  assert.deepEqual(valuesOf({ from: 1e-7, to: 3e-7, step: 1e-7 }), [1e-7, 2e-7, 3e-7]);
  assert.deepEqual(valuesOf({ from: 1e-25, to: 3e-25, step: 1e-25 }), [1e-25, 2e-25, 3e-25]);
  assert.deepEqual(valuesOf({ from: -0.3, to: 0.3, step: 0.3 }), [-0.3, 0, 0.3]);
  assert.deepEqual(valuesOf({ from: 5, to: 36, step: 5 }).at(-1), 35, 'a step beyond the end is not taken');
  assert.deepEqual(valuesOf({ from: 7, to: 7, step: 1 }), [7]);
});

test('a range never leaves its bounds, repeats itself or stops early', () => {
  const decimal = fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: 0, max: 4 }))
    .map(([n, places]) => n / 10 ** places);
  fc.assert(
    fc.property(decimal, decimal, decimal, (from, length, step) => {
      const d: Range = { from, to: from + Math.abs(length), step: Math.abs(step) };
      fc.pre(range.problem(d) === undefined && (range.count(d) ?? 0) <= 2000);
      const values = valuesOf(d) as number[];
      assert.equal(values[0], from);
      assert.ok(
        values.every((x) => x >= d.from && x <= d.to),
        'within the bounds',
      );
      assert.equal(new Set(values).size, values.length, 'each once');
      assert.ok((values.at(-1) as number) + d.step > d.to - 1e-6 * d.step, 'no step left');
    }),
    { numRuns: 1000 },
  );
});

const wrong: [dimension: Dimension, problem: RegExp][] = [
  [{ choice: [] }, /^\[\] is empty; allowed: one value or more$/],
  [{ choice: [1, 'a', 1] }, /^1 stands twice, as values 1 and 3; allowed: each value once$/],
  [
    {
      choice: [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    },
    /stands twice/,
  ],
  [{ from: 5, to: 3, step: 1 }, /^from 5 is above to 3; allowed: from ≤ to$/],
  [{ from: 1, to: 3, step: 0 }, /^step 0 leads nowhere; allowed: a step above 0$/],
  [{ from: 1, to: 3, step: -1 }, /^step -1 leads nowhere/],
  [{ from: 1e16, to: 1e16 + 100, step: 0.1 }, /too small/],
  [{ from: -1e308, to: 1e308, step: 1e-300 }, /too many values/],
  [{ int: [5, 5] }, /^\[5, 5\] is empty; allowed: the lower bound first, then a higher one$/],
  [{ uniform: [1, 0] }, /is empty/],
  [{ uniform: [-1.7e308, 1.7e308] }, /too wide/],
  [{ logUniform: [0, 1] }, /no logarithm/],
  [{ logUniform: [1e-3, 1e-4] }, /is empty/],
];
for (const [dimension, problem] of wrong) {
  test(`${JSON.stringify(dimension)} is refused`, () =>
    assert.match(kindOf(dimension).problem(dimension) ?? '', problem));
}
