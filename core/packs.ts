/** Which trials are trained side by side, as lanes of one program. */
import { programKey } from './shapes.ts';
import type { TrialSpec } from './spec.ts';

/** Beyond so many lanes a step gets no cheaper, and a kill interrupts more. */
export const MOST_LANES = 16;

/**
 * Trials of one program (shapes.ts) in packs of at most `most`, which are as even as can be: 9 are packs of 5 and 4,
 * and not of
 * 8 and 1. In the order of their first trials, each in the order given.
 */
export function packsOf<T extends { trial: TrialSpec }>(trials: readonly T[], most = Infinity): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of trials) {
    const key = programKey(one.trial);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  const packs = [...groups.values()].flatMap((group) => {
    const count = Math.max(1, Math.ceil(group.length / Math.max(1, most)));
    return Array.from({ length: count }, (_, i) =>
      group.slice(Math.ceil((i * group.length) / count), Math.ceil(((i + 1) * group.length) / count)),
    );
  });
  const position = new Map(trials.map((one, i) => [one, i]));
  const placeOf = ([first]: T[]): number => position.get(first as T) ?? 0;
  return packs.sort((a, b) => placeOf(a) - placeOf(b));
}

/**
 * So large that no slot is left without a job: at most a slot's share of what is waiting. A sweep that has fewer trials
 * than slots is not packed at all.
 */
export function packLimit(waiting: number, slots: number, most = MOST_LANES): number {
  return Math.max(1, Math.min(most, Math.floor(waiting / Math.max(1, slots))));
}
