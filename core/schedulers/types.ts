/**
 * What a scheduler is: a reducer over plain JSON: `next` hands out work, `report` takes what came of it. It knows no
 * clock and no chance, so the same reports in the same order give the same decisions, and a recorded sweep can be
 * audited by replaying it. A rung is a job that ends; going on is another job from its checkpoint: nothing that runs is
 * ever killed.
 *
 *   let state = init(setting)
 *   while a slot is free and next(state, setting) gives one: train it   (none, and nothing in training: the end)
 *   when one is done: state = report(state, what came of it, setting).state
 */
import type { Json } from '../json.ts';
import type { NumberOptions } from '../options.ts';

/**
 * All repeats of a configuration are to be trained up to `toStep` (or to their own last step, if that is earlier), from
 * wherever they are.
 */
export interface Assignment {
  configuration: number;
  rung: number;
  toStep: number;
}

/** What came of an assignment. */
export interface RungReport extends Assignment {
  /** The objective's mean over the repeats (`meanObjective`); null: a repeat diverged or failed, which ranks last. */
  value: number | null;
  /**
   * All repeats have ended by themselves (stop rule, last step, divergence, failure): there is nothing to go on with.
   */
  ended: boolean;
}

/**
 * start: the first rung of a configuration; promote: it was good enough for a higher one; continue: nothing spoke
 * against going on; stop: it is not trained further; complete: it has ended by itself. Every configuration gets one
 * start, and one stop or complete.
 */
export type Action = 'start' | 'promote' | 'continue' | 'stop' | 'complete';

/** What was done and why, with the numbers that decided it, for people and for `sweep explain`. */
export interface Decision {
  configuration: number;
  rung: number;
  action: Action;
  reason: string;
  numbers: Record<string, number | null>;
}

/** What a scheduler knows of the sweep. Steps are training steps. */
export interface SchedulerSetting {
  configurations: number;
  maxSteps: number;
  /**
   * Steps between two evaluations: a rung ends at an evaluation, so that stopping there leaves a trial's curve as it
   * is.
   */
  evaluateEvery: number;
  goal: 'maximize' | 'minimize';
  seed: number;
  /** Its own options, out of spec.scheduler; one that is optional may be missing. */
  options: Readonly<Record<string, number>>;
}

/** `S` is plain JSON: it comes through JSON unchanged, at any moment. States are never changed in place. */
export interface Scheduler<S extends Json = Json> {
  summary: string;
  /** The paper; left out where there is none. */
  source?: string;
  options: NumberOptions;
  /**
   * Every trial is trained in one go to its end and no report changes anything: trials need no common scheduler, and so
   * can be sharded.
   */
  wholeTrials: boolean;
  /**
   * Steps at which it looks at configurations, ascending; the last is maxSteps. Unless it trains whole trials, it keeps
   * an entry of a ranking for each configuration at each of them: see state-size.ts.
   */
  rungs(setting: SchedulerSetting): number[];
  init(setting: SchedulerSetting): S;
  /**
   * The next assignment; undefined: none before another report comes. Never beyond maxSteps, and never one that was
   * given before.
   */
  next(state: S, setting: SchedulerSetting): { state: S; assignment: Assignment; decision: Decision } | undefined;
  /** Takes in the report of an assignment that `next` gave, once. */
  report(state: S, report: RungReport, setting: SchedulerSetting): { state: S; decisions: Decision[] };
}
