import { canonicalJson, type Json } from '../json.ts';
import { kindOf, type Dimension } from '../space/index.ts';
import type { SweepSpec } from '../spec.ts';
import { deriveSeed } from '../trial.ts';
import { categorical, parzen, type Density } from './density.ts';
import type { Configuration, TriedConfiguration, Search } from './types.ts';
import { random } from './random.ts';
import { applies, orderedSpace } from './when.ts';

/**
 * Where the best draw has been tried already, so many single draws are tried instead: in a small space there may be no
 * other.
 */
const ATTEMPTS = 20;

/**
 * The observations that can be compared: those at one number of steps, the largest that `enough` configurations have
 * reached
 * (Falkner, Klein and Hutter 2018, section 3.2). One that has ended or diverged counts at every later step too, with
 * what it has.
 */
export function comparable(history: readonly TriedConfiguration[], enough: number): TriedConfiguration[] {
  const steps = [...new Set(history.map(({ toStep }) => toStep))].sort((a, b) => b - a);
  for (const step of steps) {
    const reached = history.filter(
      ({ toStep, ended, value }) => toStep === step || ((ended || value === null) && toStep < step),
    );
    if (reached.length >= enough) return reached;
  }
  return [];
}

/** The γ best, at least one, and the others. What has no value is worst; of equals the earlier is better. */
export function split(
  observations: readonly TriedConfiguration[],
  gamma: number,
  goal: 'maximize' | 'minimize',
): [good: Configuration[], bad: Configuration[]] {
  const sign = goal === 'maximize' ? -1 : 1;
  const rank = ({ value }: TriedConfiguration) => (value === null ? Infinity : sign * value);
  const sorted = [...observations].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
  const good = Math.ceil(gamma * sorted.length);
  const configurations = sorted.map(({ configuration }) => configuration);
  return [configurations.slice(0, good), configurations.slice(good)];
}

/** How a dimension's values and the numbers that densities know go into each other: places in [0, 1], or indexes. */
interface Coordinate {
  of(value: Json): number | undefined;
  valueAt(number: number): Json;
  density(observed: readonly number[]): Density;
}

function coordinateOf(dimension: Dimension): Coordinate {
  const kind = kindOf(dimension);
  if (kind.place !== undefined) {
    const place = kind.place.bind(kind, dimension);
    return {
      of: (value) => (typeof value === 'number' ? place(value) : undefined),
      valueAt: (u) => kind.draw(dimension, u),
      density: parzen,
    };
  }
  const count = kind.count(dimension) as number;
  const indexes = new Map(Array.from({ length: count }, (_, i) => [canonicalJson(kind.at(dimension, i)), i]));
  return {
    of: (value) => indexes.get(canonicalJson(value)),
    valueAt: (i) => kind.at(dimension, i),
    density: (observed) => categorical(count, observed),
  };
}

function suggestOnce(
  spec: SweepSpec,
  good: readonly Configuration[],
  bad: readonly Configuration[],
  candidates: number,
  draws: (path: string) => () => number,
): Configuration {
  const chosen: Configuration = {};
  for (const [path, dimension] of orderedSpace(spec)) {
    if (!applies(dimension, chosen, spec)) continue;
    const { of, valueAt, density } = coordinateOf(dimension);
    const seen = (configurations: readonly Configuration[]) =>
      configurations.flatMap(({ [path]: value }) => (value === undefined ? [] : (of(value) ?? [])));
    const [l, g] = [density(seen(good)), density(seen(bad))];
    const uniform = draws(path);
    // Expected improvement grows with l(x) / g(x), a product over the dimensions: each takes the best of its own
    // candidates.
    let best: { value: Json; score: number } | undefined;
    for (let i = 0; i < candidates; i++) {
      const value = valueAt(l.draw(uniform));
      const place = of(value) as number; // of the value as it is tried: rounded, or a whole number
      const score = l.logDensity(place) - g.logDensity(place);
      if (best === undefined || score > best.score) best = { value, score };
    }
    chosen[path] = (best as { value: Json }).value;
  }
  return chosen;
}

/**
 * The tree-structured Parzen estimator: l(x) is a density of the γ best configurations seen so far, g(x) of the others,
 * and what is tried next is the best by l(x) / g(x) of a few draws from l. A conditional dimension is looked at where
 * it applies, and knows the configurations that have it. Those that are being tried are counted among the others, so
 * that workers side by side do not all try the same. Draws depend on the sweep's seed, the index and the dimension's
 * path alone.
 */
export const tpe: Search = {
  summary: 'draws near the best configurations so far, away from the others',
  source: 'Bergstra, Bardenet, Bengio and Kégl 2011, "Algorithms for hyper-parameter optimization", section 4',
  options: {
    // The history is a workflow's state.
    trials: { summary: 'how many configurations to draw', integer: true, atLeast: 1, atMost: 1000 },
    startup: {
      summary: 'configurations drawn at random before it begins',
      integer: true,
      atLeast: 2,
      atMost: 1000,
      default: 10,
    },
    candidates: {
      summary: 'draws in each dimension, of which the best is taken',
      integer: true,
      atLeast: 1,
      atMost: 1000,
      default: 24,
    },
    gamma: {
      summary: 'γ: the share of configurations that count as good',
      integer: false,
      atLeast: 0.01,
      atMost: 0.5,
      default: 0.15,
    },
  },
  samples: true,
  count: random.count,
  at: random.at,
  suggest(spec, index, history, pending) {
    const { startup, gamma, candidates } = spec.search as unknown as {
      startup: number;
      gamma: number;
      candidates: number;
    };
    const known = index < startup ? [] : comparable(history, startup);
    if (known.length === 0) return random.at(spec, index);
    const [good, others] = split(known, gamma, spec.objective.goal);
    const bad = [...others, ...pending];
    const tried = new Set(
      [...history.map(({ configuration }) => configuration), ...pending].map((configuration) =>
        canonicalJson(configuration),
      ),
    );
    let suggestion: Configuration = {};
    for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
      suggestion = suggestOnce(spec, good, bad, attempt === 0 ? candidates : 1, (path) => {
        let draw = 0;
        return () => deriveSeed(spec.seed, 'tpe', index, attempt, path, draw++) / 2 ** 32;
      });
      if (!tried.has(canonicalJson(suggestion))) break;
    }
    return suggestion;
  },
};
