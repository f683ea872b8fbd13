/** What every kind of dimension must do: see core/space/types.ts. */
import assert from 'node:assert/strict';
import { canonicalJson, type Json } from '../../core/json.ts';
import { dimensions, type DimensionKind } from '../../core/space/index.ts';
import type { Contract } from './contract.ts';

/** Any kind; what is asked of it is of its own example. */
export type AnyKind = DimensionKind<object>;

const LAST = 1 - 2 ** -32;
const evenly = (n: number) => Array.from({ length: n }, (_, i) => i / n);

const drawsOf = (kind: AnyKind, dimension: object, n = 1000): Json[] =>
  [...evenly(n), LAST].map((u) => kind.draw(dimension, u));
const valuesOf = (kind: AnyKind, dimension: object): Json[] =>
  Array.from({ length: kind.count(dimension) ?? 0 }, (_, i) => kind.at(dimension, i));

/** The example with one of its numbers replaced by those that people mistype: 0, its opposite, another's value. */
function mistyped({ check: { example }, form }: AnyKind): object[] {
  return Object.entries(form as Record<string, string>).flatMap(([key, form]): object[] => {
    const value = (example as Record<string, Json>)[key];
    if (form === 'values') return [];
    if (form === 'number') return [0, -(value as number)].map((x) => ({ ...example, [key]: x }));
    const [a, b] = value as [number, number];
    const pairs = [
      [b, a],
      [a, a],
      [b, b],
      [0, b],
      [a, 0],
      [-a, b],
      [a, -b],
      [-a, -b],
      [0, 0],
    ];
    return pairs.map((pair) => ({ ...example, [key]: pair }));
  });
}

/** Plain finite values, one for each u, the same again; rising with u where they have places. */
function assertDraws(kind: AnyKind, dimension: object): void {
  const said = JSON.stringify(dimension);
  const draws = drawsOf(kind, dimension);
  assert.deepEqual(JSON.parse(JSON.stringify(draws)), draws, `${said}: draws are plain JSON`);
  assert.deepEqual(drawsOf(kind, dimension), draws, `${said}: draws depend on u alone`);
  const different = new Set(draws.map(canonicalJson)).size;
  assert.ok(kind.count(dimension) === 1 || different > 1, `${said}: every draw is ${JSON.stringify(draws[0])}`);
  if (kind.place === undefined) return;
  for (const [i, value] of draws.entries())
    assert.ok(i === 0 || (draws[i - 1] as number) <= (value as number), `${said}: a larger u gives a smaller value`);
}

export const dimensionContracts: Contract<AnyKind>[] = [
  {
    says: 'is told from the other kinds by its keys',
    holds(kind) {
      const { example } = kind.check;
      assert.ok(kind.summary.length > 10 && !kind.summary.includes('\n'));
      assert.deepEqual(Object.keys(kind.form), Object.keys(example));
      assert.ok(kind.is(example));
      for (const [name, other] of Object.entries(dimensions) as [string, AnyKind][]) {
        if (other === kind) continue;
        assert.ok(!other.is(example), `it is no ${name}`);
        assert.ok(!kind.is(other.check.example), `no ${name} is one`);
      }
      assert.equal(kind.problem(example), undefined);
    },
  },
  {
    says: 'what it does not refuse can be drawn from',
    holds(kind) {
      for (const dimension of [kind.check.example, ...mistyped(kind)])
        if (kind.problem(dimension) === undefined) assertDraws(kind, dimension);
    },
  },
  {
    says: 'draws are distributed as it says: all values alike where they can be counted, else by its quantiles',
    holds(kind) {
      const { example, quantiles = [] } = kind.check;
      const n = 12_000;
      const draws = drawsOf(kind, example, n).slice(0, n);
      const count = kind.count(example);
      if (count !== undefined) {
        const values = valuesOf(kind, example);
        assert.equal(new Set(values.map(canonicalJson)).size, count, 'each value once');
        for (const value of values) {
          const often = draws.filter((draw) => canonicalJson(draw) === canonicalJson(value)).length;
          assert.ok(Math.abs(often - n / count) <= 2, `${JSON.stringify(value)} is drawn ${often} times of ${n}`);
        }
        assert.ok(draws.every((draw) => values.some((value) => canonicalJson(value) === canonicalJson(draw))));
        return;
      }
      assert.ok(quantiles.length >= 3, 'a continuum says three quantiles or more');
      for (const [share, value] of quantiles) {
        const below = draws.filter((draw) => (draw as number) < value).length / n;
        assert.ok(Math.abs(below - share) < 0.002, `${below} of the draws are below ${value}, not ${share}`);
      }
    },
  },
  {
    says: "a value's place is where it is drawn from",
    holds(kind) {
      const { example } = kind.check;
      if (kind.place === undefined)
        return assert.notEqual(kind.count(example), undefined, 'values without a place must be countable');
      for (let u = 0; u < 1; u += 0.0625) {
        const value = kind.draw(example, u) as number;
        const place: number = kind.place(example, value);
        assert.ok(place >= 0 && place <= 1);
        const width = 1 / (kind.count(example) ?? 100_000);
        assert.ok(Math.abs(place - u) <= width, `${u} gives ${value}, whose place is ${place}`);
        const again = kind.draw(example, Math.min(place, LAST)) as number;
        const apart = Math.abs(again - value) <= 1e-5 * Math.abs(value);
        assert.ok(kind.count(example) === undefined ? apart : again === value, `${value} comes back as ${again}`);
      }
    },
  },
];
