/** What every search must do: see core/search/types.ts. */
import assert from 'node:assert/strict';
import { canonicalJson, type Json } from '../../core/json.ts';
import type { NumberOption } from '../../core/options.ts';
import type { Configuration, Search, TriedConfiguration } from '../../core/search/index.ts';
import { applies, orderedSpace } from '../../core/search/when.ts';
import { kindOf, type Dimension } from '../../core/space/index.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { sweepSpec } from '../support/sweep-spec.ts';
import { frozen, type Contract } from './contract.ts';

/** As many configurations as are looked at. */
const MOST = 60;

const countable: Record<string, Dimension> = {
  'model.forgetBias': { choice: [0, 0.5, 1], when: { 'model.cell': 'lstm' } }, // before the one that it depends on
  'model.cell': { choice: ['rnn', 'lstm', 'gru'] },
  'task.length': { from: 5, to: 35, step: 5 },
  'model.hiddenUnits': { int: [16, 19] },
};
const continuous: Record<string, Dimension> = {
  ...countable,
  'training.learningRate': { logUniform: [1e-4, 1e-1] },
  'training.momentum': { uniform: [0, 0.9], when: { 'model.cell': ['rnn', 'gru'], 'model.layers': 1 } },
};

/** Values to try an option at, the usual one first. */
export function valuesToTry({ default: usual, atLeast, atMost = Infinity }: NumberOption): number[] {
  const near = [40, atLeast, atLeast + 1, atLeast + 9, (atLeast + Math.min(atMost, atLeast + 1)) / 2];
  const all = usual === undefined ? near : [usual, ...near];
  return [...new Set(all)].filter((x) => x >= atLeast && x <= atMost);
}
const usualOptions = ({ options }: Search) =>
  Object.fromEntries(
    Object.entries(options).flatMap(([key, option]) =>
      option.optional === undefined ? [[key, valuesToTry(option)[0] as number]] : [],
    ),
  );

export function specFor(
  search: Search,
  options: Record<string, number> = {},
  changes: Partial<NetworkSweep> = {},
): NetworkSweep {
  return frozen(
    sweepSpec(search.samples ? continuous : countable, {
      search: { name: 'random', ...usualOptions(search), ...options },
      ...changes,
    }),
  );
}

const lookedAt = (search: Search, spec: NetworkSweep) => Math.min(MOST, search.count(spec));
const configurations = (search: Search, spec: NetworkSweep): Configuration[] =>
  Array.from({ length: lookedAt(search, spec) }, (_, i) => search.at(spec, i));

/** What a search that learns would be told: of each configuration by `at`, how good it is; some fail. */
function historyOf(search: Search, spec: NetworkSweep): TriedConfiguration[] {
  return configurations(search, spec).map((configuration, i) => ({
    configuration,
    toStep: 100,
    value: i % 11 === 7 ? null : Math.sin(i) + Number(configuration['task.length']) / 100,
    ended: i % 5 === 0,
  }));
}
/** What it suggests once it knows ever more. */
function suggestions(search: Search, spec: NetworkSweep): Configuration[] {
  if (search.suggest === undefined) return [];
  const history = frozen(historyOf(search, spec));
  const known = [0, 1, 5, 11, 20, history.length];
  return known.map((n) => search.suggest!(spec, n, history.slice(0, n), [])) as Configuration[];
}
const everything = (search: Search, spec: NetworkSweep): Json[] => [
  search.count(spec),
  ...configurations(search, spec),
  ...suggestions(search, spec),
];

function assertInSpace(configuration: Configuration, spec: NetworkSweep): void {
  const said = JSON.stringify(configuration);
  for (const [path, dimension] of orderedSpace(spec)) {
    const [value, kind] = [configuration[path], kindOf(dimension)];
    assert.equal(
      value !== undefined,
      applies(dimension, configuration, spec),
      `${path} where it applies alone: ${said}`,
    );
    if (value === undefined) continue;
    const count = kind.count(dimension);
    const among = count === undefined || Array.from({ length: count }, (_, i) => canonicalJson(kind.at(dimension, i)));
    if (among !== true) assert.ok(among.includes(canonicalJson(value)), `${path} is one of its values: ${said}`);
    else {
      const place = kind.place?.(dimension, value as number) as number;
      assert.ok(place >= 0 && place <= 1, `${path} is within its bounds: ${said}`);
    }
  }
  assert.deepEqual(
    Object.keys(configuration).filter((path) => !(path in spec.space)),
    [],
    'nothing that is no dimension',
  );
}

export const searchContracts: Contract<Search>[] = [
  {
    says: 'says what it is and what its options mean',
    holds({ summary, options }) {
      assert.ok(summary.length > 10 && !summary.includes('\n'));
      for (const [key, option] of Object.entries(options)) {
        assert.ok(option.summary.length > 5, key);
        if (option.default !== undefined)
          assert.ok(valuesToTry(option).includes(option.default), `${key}: its default is allowed`);
      }
    },
  },
  {
    says: 'configuration i is a function of the spec and i alone: asked again, backwards, it is the same',
    holds(search) {
      const first = configurations(search, specFor(search));
      const spec = specFor(search);
      const again = first.map((_, i) => search.at(spec, first.length - 1 - i)).reverse();
      assert.deepEqual(again, first);
      assert.equal(search.count(spec), search.count(specFor(search)));
    },
  },
  {
    says: 'what it suggests is a function of the spec, i and what is known',
    holds: (search) => assert.deepEqual(suggestions(search, specFor(search)), suggestions(search, specFor(search))),
  },
  {
    says: 'more configurations leave the first ones as they are',
    holds(search) {
      if (!search.samples) return;
      const more = configurations(search, specFor(search, { trials: 55 }));
      const few = configurations(search, specFor(search, { trials: 20 }));
      assert.deepEqual(more.slice(0, few.length), few);
    },
  },
  {
    says: 'each configuration is of the space: values of its dimensions, and conditional ones where they apply alone',
    holds(search) {
      const spec = specFor(search);
      for (const one of [...configurations(search, spec), ...suggestions(search, spec)]) assertInSpace(one, spec);
    },
  },
  {
    says: 'configurations differ, in every dimension',
    holds(search) {
      const spec = specFor(search);
      const all = configurations(search, spec);
      const different = new Set(all.map(canonicalJson)).size;
      assert.ok(different > 0.8 * all.length, `${different} of ${all.length} are different`);
      const whole = Array.from({ length: Math.min(2000, search.count(spec)) }, (_, i) => search.at(spec, i));
      for (const path of Object.keys(spec.space))
        assert.ok(new Set(whole.map((one) => canonicalJson(one[path] ?? null))).size > 1, `${path} varies`);
    },
  },
  {
    says: 'no two dimensions go together, however many there are',
    holds(search) {
      if (!search.samples) return;
      const space = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`p${i}`, { uniform: [0, 1] } as Dimension]),
      );
      const spec = frozen({ ...specFor(search), space });
      const all = configurations(search, spec);
      const columns = Object.keys(space).map((path) => canonicalJson(all.map((one) => one[path] as Json)));
      assert.equal(new Set(columns).size, columns.length);
    },
  },
  {
    says: 'every option changes something',
    holds(search) {
      for (const [key, option] of Object.entries(search.options)) {
        const seen = new Set(
          valuesToTry(option).map((value) => canonicalJson(everything(search, specFor(search, { [key]: value })))),
        );
        assert.ok(seen.size > 1, `${key} changes nothing`);
      }
    },
  },
  {
    says: 'a search that learns goes by the goal',
    holds(search) {
      if (search.suggest === undefined) return;
      const towards = (goal: 'maximize' | 'minimize') =>
        suggestions(search, specFor(search, {}, { objective: { metric: 'accuracy', goal } }));
      assert.notDeepEqual(towards('maximize'), towards('minimize'));
    },
  },
];
