/** What every scheduler must do, whatever it decides. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, type Json } from '../../core/json.ts';
import { RANKED_BYTES } from '../../core/schedulers/ranking.ts';
import { mostWithin } from '../../core/schedulers/state-size.ts';
import {
  type Assignment,
  type Decision,
  type RungReport,
  type Scheduler,
  type SchedulerSetting,
} from '../../core/schedulers/index.ts';
import type { Contract } from './contract.ts';
import { valuesToTry } from './searches.ts';

/** Options at, or within reach of, their bounds; an optional one is missing at times. */
const optionsOf = ({ options }: Scheduler) =>
  fc
    .record(
      Object.fromEntries(
        Object.entries(options).map(([key, { atLeast, atMost = 200, default: fallback, optional }]) => {
          const value = fc.integer({ min: atLeast, max: Math.min(atMost, atLeast + 120) });
          return [key, fc.oneof(value, fc.constant(optional === undefined ? (fallback ?? atLeast) : undefined))];
        }),
      ),
    )
    .map(
      (given) =>
        Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<string, number>,
    );

const settingsOf = (scheduler: Scheduler): fc.Arbitrary<SchedulerSetting> =>
  fc.record({
    configurations: fc.integer({ min: 1, max: 40 }),
    maxSteps: fc.integer({ min: 1, max: 100 }),
    evaluateEvery: fc.constantFrom(1, 7, 10, 500),
    goal: fc.constantFrom('maximize', 'minimize'),
    seed: fc.nat(),
    options: optionsOf(scheduler),
  });

interface Played {
  assignments: Assignment[];
  reports: RungReport[];
  decisions: Decision[];
  states: Json[];
}
type Outcome = Pick<RungReport, 'value' | 'ended'>;

/**
 * Runs a sweep: `workers` at a time, of which `pick` says which reports next and `learn` what. The state goes through
 * JSON after every call.
 */
function play(
  scheduler: Scheduler,
  setting: SchedulerSetting,
  workers: number,
  pick: () => number,
  learn: (a: Assignment) => Outcome,
): Played {
  const played: Played = { assignments: [], reports: [], decisions: [], states: [] };
  const keep = <S extends Json>(state: S): S => {
    const back = JSON.parse(JSON.stringify(state)) as S;
    assert.deepEqual(back, state, 'the state is plain JSON');
    played.states.push(back);
    return back;
  };
  let state = keep(scheduler.init(setting));
  const training: Assignment[] = [];
  for (;;) {
    while (training.length < workers) {
      const before = canonicalJson(state);
      const given = scheduler.next(state, setting);
      assert.equal(canonicalJson(state), before, 'the state is not changed in place');
      if (given === undefined) break;
      state = keep(given.state);
      training.push(given.assignment);
      played.assignments.push(given.assignment);
      played.decisions.push(given.decision);
    }
    if (training.length === 0) return played;
    const [done] = training.splice(pick() % training.length, 1) as [Assignment];
    const learned = learn(done);
    const report = { ...done, ...learned, ended: learned.ended || done.toStep === setting.maxSteps };
    played.reports.push(report);
    const before = canonicalJson(state);
    const answer = scheduler.report(state, report, setting);
    assert.equal(canonicalJson(state), before, 'the state is not changed in place');
    state = keep(answer.state);
    played.decisions.push(...answer.decisions);
  }
}

/**
 * What networks do: they learn, or not, some diverge and some end early; few different values, so that there are ties.
 */
const outcomes = fc.record({
  value: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 6 }).map((v) => v / 6) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  ended: fc.integer({ min: 0, max: 9 }).map((x) => x === 0),
});
const situations = (scheduler: Scheduler) =>
  fc.record({
    setting: settingsOf(scheduler),
    workers: fc.integer({ min: 1, max: 12 }),
    picks: fc.infiniteStream(fc.nat(1000)),
    learned: fc.infiniteStream(outcomes),
  });
const drawn =
  <T>(stream: Iterator<T>) =>
  () =>
    stream.next().value as T;

/** A sweep of sixty configurations that all learn, each as well as it can: how well is drawn. */
function aSweep(
  scheduler: Scheduler,
  changes: Partial<SchedulerSetting> = {},
  value: (course: number) => number = (course) => course,
): Played {
  const setting: SchedulerSetting = {
    configurations: 60,
    maxSteps: 1000,
    evaluateEvery: 10,
    goal: 'maximize',
    seed: 3,
    options: {},
    ...changes,
  };
  const ability = (configuration: number) => (1 + ((configuration * 37 + 20) % 61)) / 61;
  return play(
    scheduler,
    setting,
    8,
    () => 0,
    ({ configuration, toStep }) => ({ value: value(ability(configuration) * (1 - 50 / (50 + toStep))), ended: false }),
  );
}

export const schedulerContracts: Contract<Scheduler>[] = [
  {
    says: 'trains every configuration from a start to one end, by rising rungs within the last step',
    holds(scheduler) {
      fc.assert(
        fc.property(situations(scheduler), ({ setting, workers, picks, learned }) => {
          const { assignments, reports, decisions } = play(scheduler, setting, workers, drawn(picks), drawn(learned));
          const courses = new Map<number, Assignment[]>();
          for (const assignment of assignments) {
            assert.ok(
              Number.isInteger(assignment.toStep) && assignment.toStep >= 1 && assignment.toStep <= setting.maxSteps,
              `to step ${assignment.toStep}`,
            );
            assert.ok(
              assignment.toStep % setting.evaluateEvery === 0 || assignment.toStep === setting.maxSteps,
              'a rung is at an evaluation',
            );
            const course = courses.get(assignment.configuration) ?? [];
            const before = course.at(-1);
            assert.ok(
              before === undefined || (before.rung < assignment.rung && before.toStep < assignment.toStep),
              'a rung is higher than the one before',
            );
            courses.set(assignment.configuration, [...course, assignment]);
          }
          assert.deepEqual(
            [...courses.keys()].sort((a, b) => a - b),
            Array.from({ length: setting.configurations }, (_, i) => i),
          );
          for (const [configuration, course] of courses) {
            const own = decisions.filter((d) => d.configuration === configuration);
            assert.equal(own.filter(({ action }) => action === 'start').length, 1);
            assert.ok(['stop', 'complete'].includes(own.at(-1)?.action ?? ''), 'the last decision is its end');
            assert.equal(own.filter(({ action }) => action === 'stop' || action === 'complete').length, 1);
            assert.equal(
              own.filter(({ action }) => action !== 'stop' && action !== 'complete').length,
              course.length,
              'a decision for each assignment',
            );
            const last = reports.filter((r) => r.configuration === configuration).at(-1);
            assert.equal(own.at(-1)?.action, last?.ended ? 'complete' : 'stop');
            assert.equal(own.at(-1)?.rung, last?.rung);
          }
          for (const { reason, numbers } of decisions) {
            assert.ok(reason !== '' && Object.values(numbers).every((x) => x === null || Number.isFinite(x)));
          }
        }),
        { numRuns: 300, endOnFailure: true },
      ); // shrinking endless streams takes for ever
    },
  },

  {
    says: 'decides the same after the same reports in the same order',
    holds(scheduler) {
      fc.assert(
        fc.property(situations(scheduler), ({ setting, workers, picks, learned }) => {
          const first = play(scheduler, setting, workers, drawn(picks), drawn(learned));
          const order = first.reports.values();
          let report: RungReport | undefined;
          const training: Assignment[] = [];
          // Who reports next is said by the first run; everything else comes out of it.
          const again = play(
            {
              ...scheduler,
              next: (state, s) => {
                const given = scheduler.next(state, s);
                if (given) training.push(given.assignment);
                return given;
              },
            },
            setting,
            workers,
            () => {
              report = order.next().value as RungReport;
              const i = training.findIndex(
                ({ configuration, rung }) => configuration === report?.configuration && rung === report.rung,
              );
              training.splice(i, 1);
              return i;
            },
            () => report as RungReport,
          );
          assert.deepEqual(again, first);
        }),
        { numRuns: 50, endOnFailure: true },
      );
    },
  },

  {
    says: 'keeps a state that fits a payload, with as many configurations as it takes',
    holds(scheduler) {
      const setting: SchedulerSetting = {
        configurations: 0,
        maxSteps: 1000,
        evaluateEvery: 10,
        goal: 'minimize',
        seed: 1,
        options: {},
      };
      const rungs = scheduler.rungs(setting);
      assert.equal(rungs.at(-1), 1000);
      assert.deepEqual(
        rungs,
        [...new Set(rungs)].sort((a, b) => a - b),
      );
      const most = mostWithin(RANKED_BYTES * rungs.length);
      if (scheduler.wholeTrials) {
        assert.ok(JSON.stringify(scheduler.init({ ...setting, configurations: 1_000_000 })).length < 100);
        return;
      }
      // The worst that can happen to halving: each one is better than all before. Values with as many digits as a
      // double can have.
      const all = { ...setting, configurations: most };
      let state = scheduler.init(all);
      let value = 0;
      let largest = 0;
      for (let given, calls = 0; (given = scheduler.next(state, all)) !== undefined; calls++) {
        value -= 1.2345678901234567e-7;
        state = scheduler.report(
          given.state,
          { ...given.assignment, value, ended: given.assignment.toStep === 1000 },
          all,
        ).state;
        if (calls % 5000 === 0) largest = Math.max(largest, JSON.stringify(state).length);
      }
      assert.ok(Math.max(largest, JSON.stringify(state).length) < 1.5 * 2 ** 20, `${largest} bytes`);
    },
  },
  {
    says: 'goes by its state alone: from every state that was kept, in any order, the same again',
    holds(scheduler) {
      fc.assert(
        fc.property(situations(scheduler), ({ setting, workers, picks, learned }) => {
          const calls: (() => void)[] = [];
          const same = (was: unknown, again: () => unknown) => {
            const text = JSON.stringify(was);
            calls.push(() => assert.equal(JSON.stringify(again()), text));
          };
          const watched: Scheduler = {
            ...scheduler,
            init(s) {
              const state = scheduler.init(s);
              same(state, () => scheduler.init(s));
              return state;
            },
            next(state, s) {
              const given = scheduler.next(state, s);
              same(given, () => scheduler.next(state, s));
              return given;
            },
            report(state, report, s) {
              const taken = scheduler.report(state, report, s);
              same(taken, () => scheduler.report(state, report, s));
              return taken;
            },
          };
          play(watched, setting, workers, drawn(picks), drawn(learned));
          for (const again of calls.reverse()) again();
        }),
        { numRuns: 50, endOnFailure: true },
      );
    },
  },
  {
    says: 'goes by the goal: the smallest is to it what the largest of the opposite numbers is',
    holds(scheduler) {
      const towards = (goal: 'maximize' | 'minimize', sign: number) =>
        aSweep(scheduler, { goal }, (course) => sign * course);
      const actions = ({ decisions }: Played) =>
        decisions.map(({ configuration, rung, action }) => [configuration, rung, action]);
      assert.deepEqual(actions(towards('minimize', -1)), actions(towards('maximize', 1)));
      if (!scheduler.wholeTrials)
        assert.notDeepEqual(actions(towards('minimize', 1)), actions(towards('maximize', 1)), 'the goal matters');
    },
  },
  {
    says: 'every option changes something',
    holds(scheduler) {
      for (const [key, option] of Object.entries(scheduler.options)) {
        const seen = new Set(
          valuesToTry(option).map((value) =>
            JSON.stringify(aSweep(scheduler, { options: { [key]: value } }).decisions),
          ),
        );
        assert.ok(seen.size > 1, `${key} changes nothing`);
      }
    },
  },
  {
    says: 'trains whole trials, or saves steps where some are worse than others',
    holds(scheduler) {
      const { reports } = aSweep(scheduler);
      const reached = new Map(reports.map(({ configuration, toStep }) => [configuration, toStep]));
      const steps = [...reached.values()].reduce((sum, toStep) => sum + toStep, 0);
      assert.equal(steps === 1000 * reached.size, scheduler.wholeTrials, `${steps} steps of ${1000 * reached.size}`);
      assert.ok([...reached.values()].includes(1000), 'trains one to its end');
    },
  },
];
