import { searches, type Configuration, type Search } from '../../core/search/index.ts';
import { applies, orderedSpace } from '../../core/search/when.ts';
import { kindOf } from '../../core/space/index.ts';
import { testAccepted, testEntries, testPlanted } from './contract.ts';
import { searchContracts } from './searches.ts';

testEntries<Search>(searches, searchContracts);

const { random, tpe } = searches as Record<string, Search>;
let calls = 0;

/** Halton's sequence, as CONTRIBUTING has it, with these bases for the dimensions. */
function haltonIn(bases: (dimensions: number) => number[]): Search {
  const radicalInverse = (i: number, base: number): number =>
    i === 0 ? 0 : ((i % base) + radicalInverse(Math.floor(i / base), base)) / base;
  return {
    ...random!,
    at(spec, index) {
      const chosen: Configuration = {};
      const space = orderedSpace(spec);
      for (const [k, [path, dimension]] of space.entries())
        if (applies(dimension, chosen, spec))
          chosen[path] = kindOf(dimension).draw(dimension, radicalInverse(index + 1, bases(space.length)[k] as number));
      return chosen;
    },
  };
}
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
}

testAccepted<Search>({ halton: haltonIn(primes) }, searchContracts);

testPlanted<Search>(
  {
    'chance of its own': {
      entry: {
        ...random!,
        at: (spec, i) => ({ ...random!.at(spec, i), 'training.learningRate': 1e-4 + 0.01 * Math.random() }),
      },
      noticedBy: 'configuration i is a function of the spec and i alone: asked again, backwards, it is the same',
    },
    'a list that it keeps': {
      entry: { ...random!, at: (spec) => random!.at(spec, calls++) },
      noticedBy: 'configuration i is a function of the spec and i alone: asked again, backwards, it is the same',
    },
    'all equal': {
      entry: { ...random!, at: (spec) => random!.at(spec, 0) },
      noticedBy: 'configurations differ, in every dimension',
    },
    'a dimension that stands still': {
      entry: { ...random!, at: (spec, i) => ({ ...random!.at(spec, i), 'task.length': 5 }) },
      noticedBy: 'configurations differ, in every dimension',
    },
    'conditions ignored': {
      entry: {
        ...random!,
        at: (spec, i) =>
          Object.fromEntries(
            Object.entries(spec.space).map(([path, dimension]) => [
              path,
              kindOf(dimension).draw(dimension, (i % 7) / 7),
            ]),
          ),
      },
      noticedBy:
        'each configuration is of the space: values of its dimensions, and conditional ones where they apply alone',
    },
    'draws that depend on how many there are': {
      entry: { ...random!, at: (spec, i) => random!.at(spec, random!.count(spec) - 1 - i) },
      noticedBy: 'more configurations leave the first ones as they are',
    },
    'a base that two dimensions share': {
      entry: haltonIn((count) => Array.from({ length: count }, (_, k) => primes(12)[k % 12] as number)),
      noticedBy: 'no two dimensions go together, however many there are',
    },
    'an option that nobody reads': {
      entry: {
        ...tpe!,
        suggest: (spec, ...rest) => tpe!.suggest!({ ...spec, search: { ...spec.search, gamma: 0.15 } }, ...rest),
      },
      noticedBy: 'every option changes something',
    },
    'the goal ignored': {
      entry: {
        ...tpe!,
        suggest: (spec, ...rest) =>
          tpe!.suggest!({ ...spec, objective: { metric: 'accuracy', goal: 'maximize' } }, ...rest),
      },
      noticedBy: 'a search that learns goes by the goal',
    },
  },
  searchContracts,
);
