import { canonicalJson, getPath, type Json, type JsonObject } from '../json.ts';
import type { Dimension } from '../space/index.ts';
import type { SweepSpec } from '../spec.ts';
import type { Configuration } from './types.ts';

/**
 * Whether a conditional dimension applies, given the values chosen so far; a path that is no dimension has the spec's
 * own value.
 */
export function applies(dimension: Dimension, chosen: Configuration, spec: SweepSpec): boolean {
  return Object.entries(dimension.when ?? {}).every(([path, wanted]) => {
    const value = path in spec.space ? chosen[path] : getPath(spec as unknown as JsonObject, path.split('.'));
    if (value === undefined) return false;
    const options: Json[] = Array.isArray(wanted) ? wanted : [wanted];
    return options.some((option) => canonicalJson(option) === canonicalJson(value));
  });
}

/** The space's dimensions, each after those its `when` names; file order otherwise. Throws a RangeError on a cycle. */
export function orderedSpace(spec: {
  space: Readonly<Record<string, Dimension>>;
}): [path: string, dimension: Dimension][] {
  const waiting = new Map(Object.entries(spec.space));
  const ordered: [string, Dimension][] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].find(([, d]) => Object.keys(d.when ?? {}).every((path) => !waiting.has(path)));
    if (ready === undefined)
      throw new RangeError(`the conditions of ${[...waiting.keys()].join(', ')} name each other in a circle`);
    ordered.push(ready);
    waiting.delete(ready[0]);
  }
  return ordered;
}
