/**
 * Configurations in the order of their values, best first: a sorted list as plain JSON that is never changed in place.
 * It is kept in pieces, so that adding to a hundred thousand copies two thousand places and not all of them.
 */
import type { SchedulerSetting } from './types.ts';

/** A configuration and what it is judged on; null ranks last. */
export type Ranked = [configuration: number, value: number | null];
/** Pieces that follow one another; none is empty. */
export type Ranking = Ranked[][];
export type Order = (a: Ranked, b: Ranked) => number;

/** No entry's JSON is longer, with what separates it: a 7-digit index, a double of 24 characters, brackets, commas. */
export const RANKED_BYTES = 36;

/** A piece that grows beyond this is cut in two. */
const PIECE = 512;

/** By value, the better first; then by index, so that the order is one whatever arrived first. */
export function orderOf(goal: SchedulerSetting['goal']): Order {
  const sign = goal === 'maximize' ? -1 : 1;
  return ([i, a], [j, b]) => {
    if (a === b) return i - j;
    if (a === null) return 1;
    return b === null ? -1 : sign * (a - b);
  };
}

/** How many places of the list, from its start, hold what comes before the entry, given that those come first. */
function bisect<T>(list: readonly T[], isBefore: (item: T) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(list[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const lastOf = (piece: readonly Ranked[]) => piece[piece.length - 1] as Ranked;

/** Where the entry is or would be: a piece and a place in it. */
function locate(ranking: Ranking, entry: Ranked, order: Order): [piece: number, place: number] {
  const piece = bisect(ranking, (entries) => order(lastOf(entries), entry) < 0);
  return [piece, bisect(ranking[piece] ?? [], (other) => order(other, entry) < 0)];
}

export function add(ranking: Ranking, entry: Ranked, order: Order): Ranking {
  const [found, inside] = locate(ranking, entry, order);
  // What comes after all others goes to the end of the last piece.
  const [piece, place] = found < ranking.length || found === 0 ? [found, inside] : [found - 1, Infinity];
  const entries = (ranking[piece] ?? []).slice();
  entries.splice(place, 0, entry);
  const pieces = entries.length <= PIECE ? [entries] : [entries.slice(0, PIECE / 2), entries.slice(PIECE / 2)];
  const after = ranking.slice();
  after.splice(piece, 1, ...pieces);
  return after;
}

export const best = (ranking: Ranking): Ranked | undefined => ranking[0]?.[0];

export function withoutBest(ranking: Ranking): Ranking {
  const after = ranking.slice();
  const first = after.shift() ?? [];
  if (first.length > 1) after.unshift(first.slice(1));
  return after;
}

/** The best `count`, and all others. */
export function cut(ranking: Ranking, count: number): [kept: Ranking, rest: Ranked[]] {
  const kept: Ranking = [];
  let room = count;
  for (const [i, piece] of ranking.entries()) {
    if (piece.length > room)
      return [room > 0 ? [...kept, piece.slice(0, room)] : kept, [piece.slice(room), ...ranking.slice(i + 1)].flat()];
    kept.push(piece);
    room -= piece.length;
  }
  return [kept, []];
}

/** How many rank before the entry. */
export function countBefore(ranking: Ranking, entry: Ranked, order: Order): number {
  const [piece, place] = locate(ranking, entry, order);
  let count = place;
  for (let i = 0; i < piece; i++) count += (ranking[i] as Ranked[]).length;
  return count;
}

/** The i-th, counted from 0. */
export function at(ranking: Ranking, index: number): Ranked | undefined {
  let rest = index;
  for (const piece of ranking) {
    if (rest < piece.length) return piece[rest];
    rest -= piece.length;
  }
  return undefined;
}
