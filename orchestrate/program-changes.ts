/** What of a program has changed since sweeps of its name were run: its trials are others, and nothing says why. */
import { hashJson } from '../core/json.ts';
import { decidingOf } from '../core/plan.ts';
import type { ProgramSpec, SweepSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';
import { listSweeps, readSpec } from '../store/runs.ts';

/** Paths that an answer lists. */
const MOST_LISTED = 4;

/** A line for each sweep of the same name whose program is another; at most one, the last by its id. */
export async function programChanges(store: Store, { name, program }: SweepSpec): Promise<string[]> {
  if (program === undefined) return [];
  const lines: string[] = [];
  for (const sweep of await listSweeps(store)) {
    const other = await readSpec(store, sweep).catch(() => undefined); // a damaged one says nothing
    if (other?.name !== name || other.program === undefined) continue;
    const changed = changesOf(other.program, program);
    if (changed.length === 0) return []; // it has been run as it is
    const some = [...changed.slice(0, MOST_LISTED), ...(changed.length > MOST_LISTED ? ['…'] : [])].join(', ');
    const have = changed.length === 1 ? 'has' : 'have';
    lines.push(`${some} ${have} changed since ${sweep}: the trials are others, and none of its results is taken`);
  }
  return lines.slice(-1);
}

function changesOf(before: ProgramSpec, now: ProgramSpec): string[] {
  const paths = [...new Set([...Object.keys(before.hashes), ...Object.keys(now.hashes)])].sort();
  const files = paths.filter((path) => before.hashes[path] !== now.hashes[path]);
  const [{ files: _, ...was }, { files: __, ...is }] = [decidingOf(before), decidingOf(now)];
  const keys = ['command', 'arguments', 'environment', 'metrics', 'read', 'seedAs', 'stepsAs'] as const;
  return [
    ...files,
    ...keys.filter((key) => hashJson(was[key] ?? null) !== hashJson(is[key] ?? null)).map((key) => `program.${key}`),
  ];
}
