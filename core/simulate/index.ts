/**
 * A sweep without training: the scheduler and the search decide as they would, and workers finish in virtual time. It is how
 * schedulers are compared and tested. Memory: that of the scheduler's state and, for each configuration that waits at a rung, one
 * number; with `full` it does not grow with the sweep.
 */
import { isBetter } from '../progress.ts';
import { meanObjective, type Assignment, type Decision, type RungReport, type Scheduler, type Setting } from '../schedulers/index.ts';
import { searchOf, type Configuration, type Observation } from '../search/index.ts';
import type { SweepSpec } from '../spec.ts';
import type { Course, Curves, Moment } from './curves.ts';
import { Heap } from './heap.ts';

export interface SimulateOptions {
  scheduler: Scheduler;
  setting: Setting;
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

/** One repeat's share of an assignment. */
interface Job { group: Group; repeat: number; course: Course }
interface Group { assignment: Assignment; waiting: number; moments: Moment[]; point: Configuration }
interface Event { time: number; order: number; job: Job }

/** Runs the spec's search under the scheduler until nothing is left to do. */
export function simulate(spec: SweepSpec, { scheduler, setting, curves, workers, onReport }: SimulateOptions): Simulated {
  const { repeats, objective: { goal } } = spec;
  const search = searchOf(spec);
  const adaptive = search.suggest !== undefined;
  const history: Observation[] = [];
  /** Where configurations have got to that may go on, and, if the search wants them back, their points. */
  const waiting = new Map<number, number>();
  const points = new Map<number, Configuration>();
  const training = new Map<number, Configuration>();

  const events = new Heap<Event>((a, b) => a.time < b.time || (a.time === b.time && a.order < b.order));
  const outcome: Simulated = { configurations: setting.configurations, trials: 0, steps: 0, fullSteps: 0, makespan: 0, completed: 0 };
  let state = scheduler.init(setting);
  let decisions: Decision[] = [];
  let queue: Job[] = [];
  let now = 0;
  let order = 0;

  function pointOf(configuration: number): Configuration {
    if (!adaptive) return search.at(spec, configuration);
    const point = points.get(configuration) ?? search.suggest?.(spec, configuration, history, [...training.values()]) ?? {};
    points.set(configuration, point);
    return point;
  }

  /** What all would have come to. */
  function foresee(configuration: number, courses: readonly Course[]): void {
    const ends = courses.map((course) => course.after(setting.maxSteps));
    const value = meanObjective(ends.map((end) => end.value));
    outcome.trials += repeats;
    outcome.fullSteps += ends.reduce((sum, { steps }) => sum + steps, 0);
    if (value !== null && isBetter(goal, value, outcome.best?.value)) outcome.best = { configuration, value };
  }

  function assign(): boolean {
    const given = scheduler.next(state, setting);
    if (given === undefined) return false;
    ({ state } = given);
    decisions.push(given.decision);
    const { assignment } = given;
    const { configuration } = assignment;
    const point = pointOf(configuration);
    if (adaptive) training.set(configuration, point);
    const courses = Array.from({ length: repeats }, (_, repeat) => curves.course(configuration, repeat, point));
    if (given.decision.action === 'start') foresee(configuration, courses);
    const group: Group = { assignment, waiting: repeats, moments: [], point };
    queue = courses.map((course, repeat) => ({ group, repeat, course })).reverse();
    return true;
  }

  function begin(job: Job): void {
    const { configuration, toStep } = job.group.assignment;
    const from = waiting.get(configuration) ?? 0;
    const steps = Math.max(0, job.course.after(toStep).steps - from);
    outcome.steps += steps;
    events.push({ time: now + steps * job.course.stepTime, order: order++, job });
  }

  function arrive({ group, repeat, course }: Job): void {
    const { assignment, moments, point } = group;
    moments[repeat] = course.after(assignment.toStep);
    group.waiting--;
    if (group.waiting > 0) return;
    const { configuration, toStep } = assignment;
    const value = meanObjective(moments.map((moment) => moment.value));
    const ended = moments.every((moment) => moment.ended);
    const report = { ...assignment, value, ended };
    const answer = scheduler.report(state, report, setting);
    ({ state } = answer);
    onReport?.(report, [...decisions, ...answer.decisions]);
    decisions = [];
    if (adaptive) {
      history.push({ configuration: point, toStep, value, ended });
      training.delete(configuration);
    }
    for (const { action, configuration: other } of answer.decisions) {
      if (action === 'stop' || action === 'complete') waiting.delete(other);
    }
    if (ended && value !== null) {
      outcome.completed++;
      if (isBetter(goal, value, outcome.found?.value)) outcome.found = { configuration, value, at: now };
    }
    if (!ended && !answer.decisions.some((decision) => decision.configuration === configuration)) waiting.set(configuration, toStep);
  }

  for (;;) {
    while (events.size < workers && (queue.length > 0 || assign())) begin(queue.pop() as Job);
    const event = events.pop();
    if (event === undefined) return { ...outcome, makespan: now };
    now = event.time;
    arrive(event.job);
  }
}
