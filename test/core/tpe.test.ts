import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../core/json.ts';
import { categorical, normalBelow, parzen } from '../../core/search/density.ts';
import { searches, type Configuration, type TriedConfiguration } from '../../core/search/index.ts';
import { comparable, split } from '../../core/search/tpe.ts';
import { applies, orderedSpace } from '../../core/search/when.ts';
import { kindOf, type Dimension } from '../../core/space/index.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { deriveSeed } from '../../core/trial.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

const { tpe, random } = searches;
const suggest = tpe.suggest as NonNullable<typeof tpe.suggest>;

const space: Record<string, Dimension> = {
  rate: { logUniform: [1e-4, 1] },
  width: { int: [1, 64] },
  drop: { uniform: [0, 1] },
  length: { from: 0.1, to: 0.9, step: 0.1 },
  kind: { choice: ['plain', 'heavy'] },
  momentum: { uniform: [0, 1], when: { kind: 'heavy' } },
};
const specOf = (changes: Partial<NetworkSweep> = {}, options: Record<string, number> = {}): NetworkSweep =>
  sweepSpec(space, {
    search: { name: 'tpe', trials: 60, startup: 10, candidates: 24, gamma: 0.15, ...options },
    objective: { metric: 'loss', goal: 'minimize' },
    ...changes,
  });

const observed = (
  configuration: Configuration,
  value: number | null,
  toStep = 100,
  ended = false,
): TriedConfiguration => ({ configuration, value, toStep, ended });
/** A sequence of uniform draws. */
const uniform = (seed: number) => {
  let i = 0;
  return () => deriveSeed(seed, i++) / 2 ** 32;
};

/** Small at rate 0.01, width 40, with a heavy momentum of 0.9. */
function loss(c: Configuration): number | null {
  const {
    rate,
    width,
    drop,
    kind,
    momentum = 0,
  } = c as { rate: number; width: number; drop: number; kind: string; momentum?: number };
  if (rate > 0.5) return null;
  return (
    Math.abs(Math.log10(rate) + 2) +
    Math.abs(width - 40) / 40 +
    Math.abs(drop - 0.2) +
    (kind === 'heavy' ? Math.abs(momentum - 0.9) : 1)
  );
}

/** Best value after so many trials, one after the other. */
function search(spec: NetworkSweep, trials: number, draw: typeof suggest): number {
  const history: TriedConfiguration[] = [];
  for (let i = 0; i < trials; i++) {
    const configuration = draw(spec, i, history, []);
    history.push(observed(configuration, loss(configuration)));
  }
  return Math.min(...history.map(({ value }) => value ?? Infinity));
}

test('densities are densities, and draws follow them', () => {
  for (const points of [[], [0.5], [0, 0.01, 0.02, 1], [0.3, 0.3, 0.3, 0.9]]) {
    const density = parzen(points);
    const cells = 1000;
    const mass = Array.from({ length: cells }, (_, i) => Math.exp(density.logDensity((i + 0.5) / cells)) / cells);
    assert.ok(Math.abs(mass.reduce((sum, x) => sum + x, 0) - 1) < 1e-3, `${points}: the density's integral is one`);
    const next = uniform(points.length);
    const draws = Array.from({ length: 4000 }, () => density.draw(next));
    assert.ok(draws.every((x) => x >= 0 && x < 1));
    const below = mass.slice(0, 400).reduce((sum, x) => sum + x, 0);
    assert.ok(Math.abs(draws.filter((x) => x < 0.4).length / 4000 - below) < 0.032, `${points}: four standard errors`);
  }
  const counted = categorical(3, [2, 2, 0]);
  assert.deepEqual(
    [0, 1, 2].map((i) => Math.exp(counted.logDensity(i))).map((x) => x.toFixed(6)),
    [2 / 6, 1 / 6, 3 / 6].map((x) => x.toFixed(6)),
  );
  const next = uniform(9);
  assert.ok(
    Math.abs(Array.from({ length: 4000 }, () => counted.draw(next)).filter((i) => i === 2).length / 4000 - 0.5) < 0.032,
  );
  assert.ok(
    Math.abs(normalBelow(1.959964) - 0.975) < 1e-6 &&
      normalBelow(0) - 0.5 < 1e-9 &&
      Math.abs(normalBelow(-1) - 0.158655) < 1e-6,
  );
});

test('the good ones are the γ best; no value is worst; of equals the earlier is better', () => {
  const history = [3, null, 1, 2, 1].map((value, i) => observed({ i }, value));
  assert.deepEqual(split(history, 0.4, 'minimize'), [
    [{ i: 2 }, { i: 4 }],
    [{ i: 3 }, { i: 0 }, { i: 1 }],
  ]);
  assert.deepEqual(split(history, 0.01, 'maximize')[0], [{ i: 0 }], 'one at least');
});

test('of rungs, the highest counts that enough have reached, with those that ended before it', () => {
  const history = [
    observed({ i: 0 }, 1, 10),
    observed({ i: 1 }, 2, 10),
    observed({ i: 2 }, 3, 10, true),
    observed({ i: 3 }, null, 10),
    observed({ i: 0 }, 0.5, 30),
  ];
  assert.deepEqual(
    comparable(history, 3).map(({ configuration, toStep }) => [configuration['i'], toStep]),
    [
      [2, 10],
      [3, 10],
      [0, 30],
    ],
  );
  assert.equal(comparable(history, 4).length, 4);
  assert.deepEqual(comparable(history, 5), []);
});

test('it begins at random, and is the same for the same seed, index and history', () => {
  const spec = specOf();
  const history = Array.from({ length: 20 }, (_, i) => random.at(spec, i)).map((configuration) =>
    observed(configuration, loss(configuration)),
  );
  for (const i of [0, 3, 9]) assert.deepEqual(suggest(spec, i, history, []), random.at(spec, i));
  assert.deepEqual(suggest(spec, 12, history.slice(0, 9), []), random.at(spec, 12), 'too few have reported');
  const suggestion = suggest(spec, 12, history, []);
  assert.notDeepEqual(suggestion, random.at(spec, 12));
  assert.deepEqual(suggest(spec, 12, structuredClone(history), []), suggestion);
  assert.notDeepEqual(suggest(spec, 13, history, []), suggestion);
  assert.notDeepEqual(suggest(specOf({ seed: 2 }), 12, history, []), suggestion);
});

test('what it suggests is a point of the space, whatever has been seen', () => {
  const values = fc.oneof(
    { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  fc.assert(
    fc.property(
      fc.array(values, { minLength: 2, maxLength: 30 }),
      fc.nat(),
      fc.nat(5),
      fc.constantFrom('maximize', 'minimize'),
      (seen, seed, busy, goal) => {
        const spec = specOf({ seed, objective: { metric: 'loss', goal } }, { startup: 2, candidates: 4 });
        const history = seen.map((value, i) => observed(random.at(spec, i), value));
        const pending = Array.from({ length: busy }, (_, i) => random.at(spec, 100 + i));
        const suggestion = suggest(spec, seen.length + busy, history, pending);
        for (const [path, dimension] of orderedSpace(spec)) {
          const value = suggestion[path];
          assert.equal(value !== undefined, applies(dimension, suggestion, spec), `${path} is there where it applies`);
          if (value === undefined) continue;
          const kind = kindOf(dimension);
          const count = kind.count(dimension);
          if (count === undefined)
            assert.equal(
              kind.draw(dimension, (kind.place as (d: Dimension, v: number) => number)(dimension, value as number)),
              value,
            );
          else
            assert.ok(
              Array.from({ length: count }, (_, i) => canonicalJson(kind.at(dimension, i))).includes(
                canonicalJson(value),
              ),
              `${path} ${canonicalJson(value)}`,
            );
        }
      },
    ),
    { numRuns: 200, endOnFailure: true },
  );
});

test('those that are being tried are avoided', () => {
  const narrow = sweepSpec(
    { pick: { choice: ['a', 'b', 'c'] } },
    { search: { name: 'tpe', trials: 9, startup: 2, candidates: 24, gamma: 0.5 } },
  );
  const history = [observed({ pick: 'a' }, 1), observed({ pick: 'b' }, 0)];
  assert.deepEqual(suggest(narrow, 2, history, []), { pick: 'c' }, 'the only one that has not been tried');
  const wide = specOf();
  const seen = Array.from({ length: 20 }, (_, i) => random.at(wide, i)).map((configuration) =>
    observed(configuration, loss(configuration)),
  );
  const alone = suggest(wide, 20, seen, []);
  assert.notDeepEqual(suggest(wide, 20, seen, [alone]), alone);
  const near = [0.31, 0.32, 0.33, 0.34].map((drop) => ({ ...alone, drop }));
  assert.notDeepEqual(suggest(wide, 20, seen, near), alone, 'nor what is close to them');
});

test('it finds better configurations than random search does, on a space of every kind of dimension', () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  const best = (draw: typeof suggest) => seeds.map((seed) => search(specOf({ seed }), 60, draw));
  const [adaptive, blind] = [best(suggest), best((spec, i) => random.at(spec, i))];
  const wins = seeds.filter((seed) => (adaptive[seed] as number) < (blind[seed] as number)).length;
  const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  assert.ok(
    wins >= 10,
    `${wins} of 12: ${adaptive.map((x) => x.toFixed(2)).join(' ')} against ${blind.map((x) => x.toFixed(2)).join(' ')}`,
  );
  assert.ok(mean(adaptive) < 0.7 * mean(blind), `${mean(adaptive)} against ${mean(blind)}`);
});
