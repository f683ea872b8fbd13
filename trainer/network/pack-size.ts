/** How many lanes a pack of a program should have on this machine: found by measuring. The choice changes no result. */
import { setImmediate } from 'node:timers/promises';
import type { NetworkTrial } from '../../core/spec.ts';
import { learnerOf, type Learner } from './learner.ts';
import type { Programs } from './programs.ts';

/**
 * More lanes are taken only if they make a step of each lane faster by so much: they take memory, and are lost
 * together.
 */
const WORTH = 1.1;
/** Sizes that are tried, and rounds in which they take turns. */
const SIZES = [2, 4, 8, 16];
const ROUNDS = 4;
/** Steps before the clock runs: the first records the step, and TensorFlow optimises it at the second. */
const WARM = 2;

/**
 * Training that takes no longer than this, one trial after the other, is not worth recording and measuring for;
 * milliseconds.
 */
const WORTH_MEASURING = 10_000;
/**
 * A step that takes longer than this computes, and does not wait for its operations to begin: lanes gain nothing;
 * milliseconds.
 */
const LONG_STEP = 50;

export interface PackSize {
  /** The lanes to take. */
  size: number;
  /** One lane, and then twice as many each time. */
  measured: { lanes: number; millisecondsPerLane: number }[];
  /** False: more lanes or steps to train might have shown a larger size to be better. */
  complete: boolean;
}

/** What there is to train. */
export interface Extent {
  /** So many trials at most as lanes of one pack. */
  most: number;
  /** So many steps, all trials together. */
  steps: number;
}

const isShort = (millisecondsPerLane: number, steps: number) => millisecondsPerLane * steps < WORTH_MEASURING;

/** Whether what was measured for something else is an answer for this too. */
export function answers({ measured, complete }: PackSize, { most, steps }: Extent): boolean {
  const [first, last] = [measured[0], measured.at(-1)];
  return (
    complete ||
    (first !== undefined && last !== undefined && (isShort(first.millisecondsPerLane, steps) || 2 * last.lanes > most))
  );
}

export interface MeasureOptions extends Extent {
  programs: Programs;
  corpus?: string | undefined;
  /** Milliseconds since some moment. */
  clock(): number;
  /** Called while it goes on. */
  onTurn?(): void;
  /** Aborted: rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Trains copies of the trial in packs of growing size, as long as that pays. A size and the best one before it take
 * turns, and the best round of each counts: others may use the machine too.
 */
export async function measurePackSize(
  trial: NetworkTrial,
  { programs, corpus, most, steps, clock, onTurn = () => {}, signal }: MeasureOptions,
): Promise<PackSize> {
  const open = (lanes: number) =>
    contestant(
      lanes,
      clock,
      learnerOf(
        Array.from({ length: lanes }, (_, i) => ({ trial: { ...trial, seed: i + 1 } })),
        { programs, corpus },
      ),
    );
  const measured: PackSize['measured'] = [];
  let best = open(1);
  try {
    best.turn();
    onTurn();
    measured.push({ lanes: 1, millisecondsPerLane: best.perLane() });
    if (best.perLane() > LONG_STEP) return { size: 1, measured, complete: true };
    if (isShort(best.perLane(), steps)) return { size: 1, measured, complete: false };
    for (const lanes of SIZES) {
      if (lanes > most) return { size: best.lanes, measured, complete: false };
      const next = open(lanes);
      let loser = next;
      try {
        for (let round = 0; round < ROUNDS; round++) {
          for (const one of [best, next]) {
            one.turn();
            onTurn();
            await setImmediate();
            signal?.throwIfAborted();
          }
        }
        measured.push({ lanes, millisecondsPerLane: next.perLane() });
        if (next.perLane() * WORTH < best.perLane()) [best, loser] = [next, best];
      } finally {
        loser.dispose();
      }
      if (loser === next) break;
    }
    return { size: best.lanes, measured, complete: true };
  } finally {
    best.dispose();
  }
}

function contestant(lanes: number, clock: () => number, learner: Learner) {
  let step = 0;
  let least = Infinity;
  const advance = () => {
    step += 1;
    learner.advance(Array<number>(lanes).fill(step));
  };
  for (let i = 0; i < WARM; i++) advance();
  return {
    lanes,
    /** As many lane steps as any other. */
    turn() {
      const steps = Math.max(1, Math.ceil(8 / lanes));
      const start = clock();
      let took = 0;
      let done = 0;
      while (done < steps && took <= steps * LONG_STEP) {
        // of steps that take minutes one is enough
        advance();
        done++;
        took = clock() - start;
      }
      least = Math.min(least, took / (done * lanes));
    },
    perLane: () => least,
    dispose: () => learner.dispose(),
  };
}
