import { canonicalJson, type Json } from '../json.ts';
import { kindOf, type Dimension } from '../space/index.ts';
import type { SweepSpec } from '../spec.ts';
import type { Configuration, Search } from './types.ts';
import { applies, orderedSpace } from './when.ts';

/** Neighbouring values of a dimension between which no condition tells a difference, and one of them. */
interface Run {
  start: number;
  length: number;
  value: Json;
  key: string;
}

interface Axis {
  path: string;
  dimension: Dimension;
  count: number;
  /** Where a later condition names this dimension: its values by what the conditions say of them. */
  runs?: Run[];
  /** The dimensions that the conditions from here on name. */
  relevant: string[];
}

interface GridIndex {
  axes: Axis[];
  /** How many configurations there are once the axes before `depth` are chosen. */
  remaining(depth: number, chosen: Configuration): number;
}

/** More different cases of the conditions than this cannot be counted in a moment. */
const MOST_CASES = 300_000;

/** How many values a dimension has; throws where it has a continuum of them. */
function countOf(path: string, dimension: Dimension): number {
  const count = kindOf(dimension).count(dimension);
  if (count === undefined) throw new RangeError(`space["${path}"] is continuous; a grid needs a list or a range`);
  return count;
}

function runsOf(dimension: Dimension, count: number, mentioned: ReadonlySet<string>): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < count; start++) {
    const value = kindOf(dimension).at(dimension, start);
    const text = canonicalJson(value);
    const key = mentioned.has(text) ? text : 'other';
    const last = runs.at(-1);
    if (last?.key === key) last.length++;
    else runs.push({ start, length: 1, value, key });
  }
  return runs;
}

/**
 * Configurations are counted without walking them: what follows a choice depends on it only through the conditions that
 * name it, so the choices' keys in their runs are the key of the memo.
 */
function buildIndex(spec: SweepSpec): GridIndex {
  const space = orderedSpace(spec);
  const mentioned = new Map<string, Set<string>>();
  for (const [, { when = {} }] of space) {
    for (const [path, wanted] of Object.entries(when)) {
      const values = mentioned.get(path) ?? new Set();
      for (const value of Array.isArray(wanted) ? wanted : [wanted]) values.add(canonicalJson(value));
      mentioned.set(path, values);
    }
  }
  const axes = space.map(([path, dimension], depth): Axis => {
    const count = countOf(path, dimension);
    const names = new Set(space.slice(depth).flatMap(([, { when = {} }]) => Object.keys(when)));
    const values = mentioned.get(path);
    return { path, dimension, count, relevant: [...names], ...(values && { runs: runsOf(dimension, count, values) }) };
  });

  const memo = new Map<string, number>();
  const keyOf = (path: string, value: Json | undefined): string => {
    if (value === undefined) return '';
    const text = canonicalJson(value);
    return mentioned.get(path)?.has(text) ? text : 'other';
  };
  function remaining(depth: number, chosen: Configuration): number {
    const axis = axes[depth];
    if (axis === undefined) return 1;
    const key = [depth, ...axis.relevant.map((path) => keyOf(path, chosen[path]))].join(' ');
    const known = memo.get(key);
    if (known !== undefined) return known;
    if (memo.size >= MOST_CASES)
      throw new RangeError(`its conditions tell more than ${MOST_CASES.toLocaleString('en-US')} cases apart`);
    const { path, dimension, count, runs } = axis;
    let total: number;
    if (!applies(dimension, chosen, spec)) total = remaining(depth + 1, chosen);
    else if (runs === undefined) total = count * remaining(depth + 1, chosen);
    else
      total = runs.reduce(
        (sum, { length, value }) => sum + length * remaining(depth + 1, { ...chosen, [path]: value }),
        0,
      );
    memo.set(key, total);
    return total;
  }
  return { axes, remaining };
}

const indexes = new WeakMap<SweepSpec, GridIndex>();

/** A spec is indexed once: trials are asked for one by one. */
function gridIndex(spec: SweepSpec): GridIndex {
  const known = indexes.get(spec) ?? buildIndex(spec);
  indexes.set(spec, known);
  return known;
}

/** Every combination of the dimensions' values; the last dimension varies fastest. */
export const grid: Search = {
  summary: 'every combination of the listed values',
  options: {},
  samples: false,
  count: (spec) => gridIndex(spec).remaining(0, {}),
  at(spec, index) {
    const { axes, remaining } = gridIndex(spec);
    const chosen: Configuration = {};
    let rest = index;
    for (const [depth, { path, dimension, count, runs }] of axes.entries()) {
      if (!applies(dimension, chosen, spec)) continue;
      for (const run of runs ?? [{ start: 0, length: count, value: null }]) {
        const below = remaining(depth + 1, runs ? { ...chosen, [path]: run.value } : chosen);
        if (rest >= run.length * below) {
          rest -= run.length * below;
          continue;
        }
        chosen[path] = kindOf(dimension).at(dimension, run.start + Math.floor(rest / below));
        rest %= below;
        break;
      }
    }
    return chosen;
  },
};
