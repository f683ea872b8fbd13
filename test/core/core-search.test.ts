import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../core/json.ts';
import { searches, type Configuration } from '../../core/search/index.ts';
import { applies, orderedSpace } from '../../core/search/when.ts';
import { kindOf, type Dimension } from '../../core/space/index.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

/** Every configuration of a grid, by walking it: what the grid must do without walking. */
function enumerate(spec: SweepSpec): Configuration[] {
  let partial: Configuration[] = [{}];
  for (const [path, dimension] of orderedSpace(spec)) {
    const kind = kindOf(dimension);
    partial = partial.flatMap((chosen) =>
      applies(dimension, chosen, spec)
        ? Array.from({ length: kind.count(dimension) ?? 0 }, (_, i) => ({ ...chosen, [path]: kind.at(dimension, i) }))
        : [chosen],
    );
  }
  return partial;
}

const { grid, random } = searches;

test('a grid is every combination, the last dimension fastest', () => {
  const spec = sweepSpec({ 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { from: 5, to: 15, step: 5 } });
  assert.equal(grid.count(spec), 6);
  assert.deepEqual(
    Array.from({ length: 6 }, (_, i) => Object.values(grid.at(spec, i))),
    [
      ['rnn', 5],
      ['rnn', 10],
      ['rnn', 15],
      ['lstm', 5],
      ['lstm', 10],
      ['lstm', 15],
    ],
  );
});

test('a conditional dimension is there only where its condition holds', () => {
  const spec = sweepSpec({
    'training.momentum': { choice: [0.5, 0.9], when: { 'training.optimizer': 'momentum' } }, // named before the one it depends on
    'training.optimizer': { choice: ['sgd', 'momentum', 'adam'] },
  });
  assert.deepEqual(
    Array.from({ length: grid.count(spec) }, (_, i) => grid.at(spec, i)),
    [
      { 'training.optimizer': 'sgd' },
      { 'training.optimizer': 'momentum', 'training.momentum': 0.5 },
      { 'training.optimizer': 'momentum', 'training.momentum': 0.9 },
      { 'training.optimizer': 'adam' },
    ],
  );
});

test('a condition may be on a value of the spec, and on one of several values', () => {
  const always: Dimension = { choice: [1, 2], when: { 'model.cell': 'lstm' } };
  const never: Dimension = { choice: [1, 2], when: { 'model.cell': ['rnn', 'gru'] } };
  assert.equal(grid.count(sweepSpec({ 'model.layers': always })), 2);
  assert.equal(grid.count(sweepSpec({ 'model.layers': never })), 1);
});

test('conditions in a circle are refused', () => {
  const spec = sweepSpec({ a: { choice: [1], when: { b: 1 } }, b: { choice: [1], when: { a: 1 } } });
  assert.throws(() => orderedSpace(spec), /the conditions of a, b name each other in a circle/);
});

/** Spaces of up to five dimensions whose conditions name earlier ones, or a value of the spec. */
const spaces = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc
    .tuple(
      ...Array.from({ length: size }, (_, i) => {
        const dimension = fc.oneof(
          fc
            .uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 })
            .map((choice): Dimension => ({ choice })),
          fc
            .tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: 0, max: 3 }))
            .map(([from, n]): Dimension => ({ from, to: from + n, step: 1 })),
          fc
            .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 3 }))
            .map(([low, n]): Dimension => ({ int: [low, low + n] })),
        );
        const wanted = fc.oneof(
          fc.integer({ min: 0, max: 4 }),
          fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 3 }),
        );
        const named =
          i === 0
            ? fc.constant('model.layers')
            : fc.oneof(
                fc.constant('model.layers'),
                fc.integer({ min: 0, max: i - 1 }).map((j) => `p${j}`),
              );
        const when = fc.option(fc.dictionary(named, wanted, { maxKeys: 2 }), { nil: undefined });
        return fc
          .tuple(dimension, when)
          .map(([d, w]): [string, Dimension] => [`p${i}`, w === undefined ? d : { ...d, when: w }]);
      }),
    )
    .chain((entries) => fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }))
    .map((entries) => Object.fromEntries(entries)),
);

test('a grid counts what it has, and its configurations are all combinations in order', () => {
  fc.assert(
    fc.property(spaces, (space) => {
      const spec = sweepSpec(space);
      const all = enumerate(spec);
      assert.equal(grid.count(spec), all.length);
      assert.equal(new Set(all.map(canonicalJson)).size, all.length, 'each once');
      assert.deepEqual(
        all.map((_, i) => grid.at(spec, i)),
        all,
      );
    }),
    { numRuns: 1000 },
  );
});

test('a grid of a million configurations is counted and looked into without walking it', () => {
  const thousand: Dimension = { int: [1, 1000] };
  const spec = sweepSpec({ a: thousand, b: { ...thousand }, c: { choice: [1, 2], when: { a: [3, 999] } } });
  assert.equal(grid.count(spec), 1_002_000);
  assert.deepEqual(grid.at(spec, 0), { a: 1, b: 1 });
  assert.deepEqual(grid.at(spec, 2003), { a: 3, b: 2, c: 2 });
  assert.deepEqual(grid.at(spec, 1_001_999), { a: 1000, b: 1000 });
});

test('conditions that tell too many cases apart are refused instead of counted for ever', () => {
  const bits = Array.from({ length: 40 }, (_, i): [string, Dimension] => [`bit${i}`, { choice: [0, 1] }]);
  const conditional = bits.map(([path], i): [string, Dimension] => [
    `extra${i}`,
    { choice: [0, 1], when: { [path]: 1 } },
  ]);
  const few = sweepSpec(Object.fromEntries([...bits.slice(0, 8), ...conditional.slice(0, 8)]));
  assert.equal(grid.count(few), 3 ** 8);
  assert.throws(() => grid.count(sweepSpec(Object.fromEntries([...bits, ...conditional]))), /more than 300,000 cases/);
});

const drawn = (space: Record<string, Dimension>, trials = 2000, seed = 1) => {
  const spec = sweepSpec(space, { seed, search: { name: 'random', trials } });
  assert.equal(random.count(spec), trials);
  return Array.from({ length: trials }, (_, i) => random.at(spec, i));
};

test('a random search draws uniformly: on the scale of each dimension', () => {
  const draws = drawn({
    log: { logUniform: [1e-4, 1e-2] },
    flat: { uniform: [0, 1] },
    pick: { choice: ['a', 'b', 'c', 'd'] },
  });
  const share = (test: (c: Configuration) => boolean) => draws.filter(test).length / draws.length;
  // Four standard errors of a share of one half over 2,000 draws are 0.045.
  assert.ok(Math.abs(share((c) => (c['log'] as number) < 1e-3) - 0.5) < 0.045, 'the geometric middle is the median');
  assert.ok(Math.abs(share((c) => (c['flat'] as number) < 0.5) - 0.5) < 0.045);
  for (const letter of 'abcd') assert.ok(Math.abs(share((c) => c['pick'] === letter) - 0.25) < 0.04, letter);
  assert.ok(
    Math.abs(share((c) => (c['flat'] as number) < 0.5 === (c['log'] as number) < 1e-3) - 0.5) < 0.045,
    'dimensions are independent',
  );
});

test('a random search depends on its seed and the index alone', () => {
  const space: Record<string, Dimension> = { a: { uniform: [0, 1] }, b: { choice: [1, 2], when: { a: 7 } } };
  assert.deepEqual(drawn(space, 50), drawn(space, 100).slice(0, 50), 'more trials leave the first ones as they are');
  assert.notDeepEqual(drawn(space, 50), drawn(space, 50, 2));
  assert.deepEqual(
    drawn({ a: { uniform: [0, 1] } }, 2),
    drawn(space, 2),
    'another dimension leaves the others as they are',
  );
  assert.deepEqual(drawn({ a: { logUniform: [1e-4, 1e-2] } }, 2), [{ a: 0.000500507 }, { a: 0.00134519 }]);
});
