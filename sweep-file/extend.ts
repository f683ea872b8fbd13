/** A resolved sweep with some values replaced: what `sweep extend` makes of the one in the run folder. */
import type { SweepSpec } from '../core/spec.ts';
import { parseSweep, type Sweep } from './index.ts';

/** The file that this spec could have come from. */
function fileOf({ corpora: _, budget: { wallClockSeconds, ...budget }, program, ...spec }: SweepSpec): object {
  const { hashes: __, ...given } = program ?? { hashes: {} };
  return {
    ...spec,
    ...(program && { program: given }),
    budget: { ...budget, ...(wallClockSeconds !== undefined && { wallClock: `${wallClockSeconds}s` }) },
  };
}

/**
 * A program stays as it was. `texts`: those that the sweep names, by name; their files may be gone by now. Throws a
 * UserError with one line for each problem.
 */
export function extendSpec(spec: SweepSpec, set: readonly string[], texts: ReadonlyMap<string, string>): Sweep {
  return parseSweep(JSON.stringify(fileOf(spec)), { origin: 'sweep.json', set, texts, hashes: spec.program?.hashes });
}
