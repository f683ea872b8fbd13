/**
 * A sweep without training: the driver of real ones under a virtual clock. It is how schedulers are compared and
 * tested. Memory: that of the scheduler's state and, for each configuration that waits at a rung, one number and its
 * repeats that have ended; with `full` it does not grow with the sweep.
 */
import { adaptiveDriver, type Arrived, type HandedOut, type Turn } from '../adaptive.ts';
import { isBetter } from '../progress.ts';
import {
  meanObjective,
  type Decision,
  type RungReport,
  type Scheduler,
  type SchedulerSetting,
} from '../schedulers/index.ts';
import type { SweepSpec } from '../spec.ts';
import type { Course, Curves, Moment } from './curves.ts';
import { Heap } from './heap.ts';

export interface SimulateOptions {
  scheduler: Scheduler;
  setting: SchedulerSetting;
  curves: Curves;
  /** Trials in training at a time. */
  workers: number;
  /** Every assignment's report, in the order of arrival, with the decisions that were made since the one before. */
  onReport?: (report: RungReport, decisions: readonly Decision[]) => void;
}

/** Times are in those of an average step. */
export interface Simulated {
  configurations: number;
  trials: number;
  /** Steps trained, by all trials together, and how many it takes to train all of them to their ends. */
  steps: number;
  fullSteps: number;
  makespan: number;
  /** Configurations that were trained to their end and came to a value. */
  completed: number;
  /** Of those, the one with the best mean over its repeats at its end, and when that was known. */
  found?: { configuration: number; value: number; at: number };
  /** The best of all that were started, had all been trained to their end: what could have been found. */
  best?: { configuration: number; value: number };
}

interface Event {
  time: number;
  order: number;
  turn: Turn;
  moment: Moment;
}

/** Runs the spec's search under the scheduler until nothing is left to do. */
export function simulate(
  spec: SweepSpec,
  { scheduler, setting, curves, workers, onReport = () => {} }: SimulateOptions,
): Simulated {
  const {
    repeats,
    objective: { goal },
  } = spec;
  const driver = adaptiveDriver(spec, { scheduler, setting });
  /** Of the configurations in training. */
  const courses = new Map<number, Course[]>();
  /** Where configurations have got to that may go on. */
  const waiting = new Map<number, number>();
  const events = new Heap<Event>((a, b) => a.time < b.time || (a.time === b.time && a.order < b.order));
  const outcome: Simulated = {
    configurations: setting.configurations,
    trials: 0,
    steps: 0,
    fullSteps: 0,
    makespan: 0,
    completed: 0,
  };
  let decisions: Decision[] = [];
  let now = 0;
  let order = 0;

  /** What all would have come to. */
  function foresee(configuration: number, own: readonly Course[]): void {
    const ends = own.map((course) => course.after(setting.maxSteps));
    const value = meanObjective(ends.map((end) => end.value));
    outcome.trials += repeats;
    outcome.fullSteps += ends.reduce((sum, { steps }) => sum + steps, 0);
    if (value !== null && isBetter(goal, value, outcome.best?.value)) outcome.best = { configuration, value };
  }

  function handedOut({ assignment: { configuration }, decision }: HandedOut): void {
    decisions.push(decision);
    const point = driver.configurationOf(configuration);
    const own = Array.from({ length: repeats }, (_, repeat) => curves.course(configuration, repeat, point));
    courses.set(configuration, own);
    if (decision.action === 'start') foresee(configuration, own);
  }

  function begin(turn: Turn): void {
    const course = courses.get(turn.configuration)?.[turn.repeat] as Course;
    const moment = course.after(turn.toStep);
    const steps = Math.max(0, moment.steps - (waiting.get(turn.configuration) ?? 0));
    outcome.steps += steps;
    events.push({ time: now + steps * course.stepTime, order: order++, turn, moment });
  }

  function arrived({ report, decisions: made }: Arrived): void {
    const { configuration, toStep, value, ended } = report;
    onReport(report, [...decisions, ...made]);
    decisions = [];
    courses.delete(configuration);
    for (const { action, configuration: other } of made) {
      if (action === 'stop' || action === 'complete') waiting.delete(other);
    }
    if (ended && value !== null) {
      outcome.completed++;
      if (isBetter(goal, value, outcome.found?.value)) outcome.found = { configuration, value, at: now };
    }
    if (!ended && !made.some((decision) => decision.configuration === configuration))
      waiting.set(configuration, toStep);
  }

  for (;;) {
    while (events.size < workers) {
      const next = driver.next();
      if (next === undefined) break;
      if (next.entry) handedOut(next.entry);
      begin(next.turn);
    }
    const event = events.pop();
    if (event === undefined) return { ...outcome, makespan: now };
    now = event.time;
    const { entry } = driver.take(event.turn, { objective: event.moment.value, ended: event.moment.ended });
    if (entry) arrived(entry);
  }
}
