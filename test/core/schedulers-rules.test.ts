/**
 * The decision rules of the schedulers, against numbers worked out by hand and against the papers' words done plainly.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asha } from '../../core/schedulers/asha.ts';
import { promotions } from '../../core/schedulers/halving.ts';
import { bracketAt, bracketShares, hyperband } from '../../core/schedulers/hyperband.ts';
import { meanObjective, type Assignment, type Decision, type SchedulerSetting } from '../../core/schedulers/index.ts';
import { isBelowMedian, median, medianStopping } from '../../core/schedulers/median.ts';
import {
  add,
  at,
  best,
  countBefore,
  cut,
  orderOf,
  withoutBest,
  type Ranked,
  type Ranking,
} from '../../core/schedulers/ranking.ts';
import { atEvaluation, evenRungs, geometricRungs, partOf } from '../../core/schedulers/rungs.ts';

const setting = (changes: Partial<SchedulerSetting> = {}): SchedulerSetting => ({
  configurations: 9,
  maxSteps: 900,
  evaluateEvery: 10,
  goal: 'maximize',
  seed: 1,
  options: {},
  ...changes,
});

test('rungs are whole multiples of the first, and the last is the last step', () => {
  assert.deepEqual(geometricRungs(1, 3, 81), [1, 3, 9, 27, 81]); // Li et al. 2018, table 1
  assert.deepEqual(geometricRungs(100, 3, 1000), [100, 300, 1000], 'no rung just before the last');
  assert.deepEqual(
    geometricRungs(1, 10, 1000),
    [1, 10, 100, 1000],
    'where Math.log(1000) / Math.log(10) is 2.9999999999999996',
  );
  assert.deepEqual(geometricRungs(500, 3, 100), [100]);
  assert.deepEqual(evenRungs(200, 100, 500), [200, 300, 400, 500]);
  assert.deepEqual(evenRungs(700, 100, 500), [500]);
  assert.deepEqual(
    [1, 10, 11, 95].map((steps) => atEvaluation({ maxSteps: 95, evaluateEvery: 10 }, steps)),
    [10, 10, 20, 95],
  );
  assert.equal(partOf({ maxSteps: 10_000, evaluateEvery: 100 }, 27), 300);
  assert.equal(partOf({ maxSteps: 100, evaluateEvery: 30 }, 27), 30, 'one evaluation at least');
  assert.equal(partOf({ maxSteps: 100, evaluateEvery: 500 }, 27), 100, 'and not beyond the last step');
});

test('a ranking is a sorted list, however long', () => {
  const entries = fc.uniqueArray(fc.tuple(fc.nat(5000), fc.option(fc.integer({ min: 0, max: 50 }))), {
    selector: ([i]) => i,
    maxLength: 3000,
    size: 'max',
  });
  fc.assert(
    fc.property(entries, fc.constantFrom('maximize', 'minimize'), fc.nat(3000), (given, goal, place) => {
      const order = orderOf(goal);
      const plain = [...given].sort(order);
      let ranking: Ranking = [];
      for (const entry of given) ranking = add(ranking, entry as Ranked, order);
      assert.deepEqual(ranking.flat(), plain);
      assert.ok(ranking.every((piece) => piece.length > 0 && piece.length <= 512));
      assert.deepEqual(best(ranking), plain[0]);
      assert.deepEqual(withoutBest(ranking).flat(), plain.slice(1));
      assert.deepEqual(at(ranking, place), plain[place]);
      const [kept, rest] = cut(ranking, place);
      assert.deepEqual([kept.flat(), rest], [plain.slice(0, place), plain.slice(place)]);
      const probe: Ranked = [place, 25];
      assert.equal(countBefore(ranking, probe, order), plain.filter((entry) => order(entry, probe) < 0).length);
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

test('what has no value ranks last, and equals rank by index', () => {
  const list: Ranked[] = [
    [3, null],
    [2, 0.5],
    [1, 0.5],
    [0, null],
    [4, 0.9],
  ];
  assert.deepEqual(
    [...list].sort(orderOf('maximize')).map(([i]) => i),
    [4, 1, 2, 0, 3],
  );
  assert.deepEqual(
    [...list].sort(orderOf('minimize')).map(([i]) => i),
    [1, 2, 4, 0, 3],
  );
});

test('asha promotes the floor(n / eta) best, and of a rung that is over at least one', () => {
  assert.deepEqual(
    [1, 2, 3, 8, 9].map((n) => promotions(n, 3, false)),
    [0, 0, 1, 2, 3],
  );
  assert.deepEqual(
    [1, 2, 3, 8, 9].map((n) => promotions(n, 3, true)),
    [1, 1, 1, 2, 3],
  );
});

const actions = (decisions: Decision[]) =>
  decisions.map(({ configuration, rung, action }) => `${action} ${configuration} at ${rung}`);

test('asha, one worker, worked out by hand', () => {
  const s = setting({ configurations: 4, maxSteps: 40, options: { eta: 2, minSteps: 10 } }); // rungs 10, 20, 40
  const values = [0.2, 0.4, 0.1, 0.3];
  const decisions: Decision[] = [];
  const steps: string[] = [];
  let state = asha.init(s);
  for (let given; (given = asha.next(state, s)) !== undefined; ) {
    const { assignment } = given;
    decisions.push(given.decision);
    steps.push(`${assignment.configuration} to ${assignment.toStep}`);
    const answer = asha.report(
      given.state,
      { ...assignment, value: values[assignment.configuration] as number, ended: assignment.toStep === 40 },
      s,
    );
    state = answer.state;
    decisions.push(...answer.decisions);
  }
  // After 0 and 1 the better one, 1, is the best half; 2 and 3 are worse; then 3 is the second best of four. At rung 1
  // the best of two goes on.
  assert.deepEqual(steps, ['0 to 10', '1 to 10', '1 to 20', '2 to 10', '3 to 10', '3 to 20', '1 to 40']);
  assert.deepEqual(actions(decisions), [
    'start 0 at 0',
    'start 1 at 0',
    'promote 1 at 1',
    'start 2 at 0',
    'start 3 at 0',
    'stop 0 at 0',
    'stop 2 at 0',
    'promote 3 at 1',
    'stop 3 at 1',
    'promote 1 at 2',
    'complete 1 at 2',
  ]);
  assert.deepEqual(
    decisions.find(({ action, configuration }) => action === 'stop' && configuration === 0),
    {
      configuration: 0,
      rung: 0,
      action: 'stop',
      reason: 'rank 3 of 4 after 10 steps: not among the best half',
      numbers: { value: 0.2, rank: 3, reported: 4, top: 2, cutoff: 0.3, eta: 2, fromStep: 10, bracket: 0 },
    },
  );
});

test('asha promotes what algorithm 2 says, done plainly, and nothing else', () => {
  const situation = fc.record({
    configurations: fc.integer({ min: 1, max: 40 }),
    eta: fc.integer({ min: 2, max: 4 }),
    workers: fc.integer({ min: 1, max: 10 }),
    picks: fc.infiniteStream(fc.nat(1000)),
    values: fc.infiniteStream(fc.integer({ min: 0, max: 8 })),
    pauses: fc.infiniteStream(fc.boolean()),
  });
  fc.assert(
    fc.property(situation, ({ configurations, eta, workers, picks, values, pauses }) => {
      const s = setting({ configurations, maxSteps: 27, evaluateEvery: 1, options: { eta, minSteps: 1 } });
      const rungs = geometricRungs(1, eta, 27);
      const reported: Ranked[][] = rungs.map(() => []);
      const gone = rungs.map(() => new Set<number>());
      const order = orderOf('maximize');
      // get_job of algorithm 2: from the top rung down, the best ⌊|rung| / η⌋ less those promoted before.
      const plain = (): Pick<Assignment, 'configuration' | 'rung'> | undefined => {
        for (let k = rungs.length - 2; k >= 0; k--) {
          const ranked = [...(reported[k] as Ranked[])].sort(order);
          const found = ranked.slice(0, Math.floor(ranked.length / eta)).find(([i]) => !gone[k]?.has(i));
          if (found !== undefined) return { configuration: found[0], rung: k + 1 };
        }
        return undefined;
      };
      let state = asha.init(s);
      let started = 0;
      const training: Assignment[] = [];
      for (;;) {
        // Several may have reported before anything is handed out again: a sweep can be paused.
        const paused = training.length > 0 && (pauses.next().value as boolean);
        while (!paused && training.length < workers) {
          const expected = plain() ?? (started < configurations ? { configuration: started, rung: 0 } : undefined);
          const given = asha.next(state, s);
          if (expected === undefined) {
            // The one thing that the paper need not say: the best of a rung that is over goes on though there are fewer
            // than η.
            if (given !== undefined) assert.ok((reported[given.assignment.rung - 1]?.length as number) < eta);
          } else
            assert.deepEqual(
              { configuration: given?.assignment.configuration, rung: given?.assignment.rung },
              expected,
            );
          if (given === undefined) break;
          state = given.state;
          training.push(given.assignment);
          if (given.assignment.rung === 0) started++;
          else gone[given.assignment.rung - 1]?.add(given.assignment.configuration);
        }
        if (training.length === 0) break;
        const [done] = training.splice((picks.next().value as number) % training.length, 1) as [Assignment];
        const value = values.next().value as number;
        reported[done.rung]?.push([done.configuration, value]);
        state = asha.report(state, { ...done, value, ended: done.toStep === 27 }, s).state;
      }
      assert.equal(started, configurations);
      assert.ok((reported.at(-1)?.length ?? 0) >= 1, 'at least one is trained to its end');
    }),
    { numRuns: 300, endOnFailure: true },
  ); // shrinking endless streams takes for ever
});

test('the brackets of hyperband share configurations as in table 1 of the paper', () => {
  const shares = bracketShares(4, 3); // R = 81, η = 3: 81, 34, 15, 8 and 5 configurations
  const total = 81 + 34 + 15 + 8 + 5;
  assert.deepEqual(shares, [81 / total, 34 / total, 15 / total, 8 / total, 5 / total]);
  assert.deepEqual(
    [0, 80.9 / total, 81.1 / total, 115.5 / total, 0.9999999].map((u) => bracketAt(shares, u)),
    [0, 0, 1, 2, 4],
  );
  assert.equal(bracketAt([0.5, 0.4999999], 0.99999999), 1, 'the shares may add up to a little less than one');
});

test('hyperband starts a configuration at the first rung of a bracket that depends on the seed and its index alone', () => {
  const startsOf = (configurations: number, seed: number) => {
    const s = setting({ configurations, maxSteps: 81, evaluateEvery: 1, seed, options: { minSteps: 1 } });
    let state = hyperband.init(s);
    const starts: number[] = [];
    for (let given; (given = hyperband.next(state, s)) !== undefined; state = given.state)
      starts.push(given.assignment.rung);
    return starts;
  };
  const starts = startsOf(2000, 1);
  assert.deepEqual(startsOf(100, 1), starts.slice(0, 100));
  assert.notDeepEqual(startsOf(100, 2), starts.slice(0, 100));
  for (const [b, share] of bracketShares(4, 3).entries()) {
    const seen = starts.filter((start) => start === b).length / starts.length;
    assert.ok(Math.abs(seen - share) < 0.045, `bracket ${b} has ${seen} of all instead of ${share}`); // four standard errors at most
  }
});

test('the median is that of the middle one or two, and has no value where half have none', () => {
  const ranked = (values: (number | null)[]): Ranking => [values.map((value, i): Ranked => [i, value])];
  assert.equal(median(ranked([9, 5, 1]), 3), 5);
  assert.equal(median(ranked([9, 5, 1, 0]), 4), 3);
  assert.equal(median(ranked([9, 5, null]), 3), 5);
  assert.equal(median(ranked([9, 5, null, null]), 4), null);
  assert.equal(isBelowMedian(0.4, 0.5, 'maximize'), true);
  assert.equal(isBelowMedian(0.5, 0.5, 'maximize'), false, 'strictly worse');
  assert.equal(isBelowMedian(0.6, 0.5, 'minimize'), true);
  assert.equal(isBelowMedian(0.6, null, 'minimize'), false);
});

test("median stopping compares the best value so far with the others' running averages", () => {
  const s = setting({ configurations: 3, maxSteps: 30, options: { every: 10, peers: 2 } });
  let state = medianStopping.init(s);
  const assigned = () => {
    const given = medianStopping.next(state, s);
    assert.ok(given);
    state = given.state;
    return given.assignment;
  };
  const report = (assignment: Assignment, value: number | null, ended = assignment.toStep === 30) => {
    const answer = medianStopping.report(state, { ...assignment, value, ended }, s);
    state = answer.state;
    return answer.decisions;
  };
  const [a, b, c] = [assigned(), assigned(), assigned()] as [Assignment, Assignment, Assignment];
  assert.deepEqual(report(a, 0.5), [], 'the first has no peers');
  assert.deepEqual(report(b, 0.1), [], 'the second has one, and one is too few');
  assert.deepEqual(report(c, 0.3), [], '0.3 is not worse than (0.5 + 0.1) / 2');
  assert.deepEqual(report(assigned(), 0.9), [], 'a has 0.7 on average by step 20');
  assert.deepEqual(
    actions(report(assigned(), 0.2, true)),
    ['complete 1 at 1'],
    'b ends with 0.15 by step 20 and 0.2 × 2 + 0.1 over 3 by step 30',
  );
  assert.deepEqual(state.averages[2], [[[1, (0.1 + 0.2 + 0.2) / 3]]]);
  const [stop, ...others] = report(assigned(), 0.35);
  assert.deepEqual(others, []);
  // (0.7 + 0.15) / 2 = 0.425 is better than c's best, 0.35.
  assert.deepEqual(
    [stop?.action, stop?.configuration, stop?.numbers['best'], stop?.numbers['median'], stop?.numbers['others']],
    ['stop', 2, 0.35, (0.7 + 0.15) / 2, 2],
  );
  assert.deepEqual(actions(report(assigned(), 1)), ['complete 0 at 2']);
  assert.equal(medianStopping.next(state, s), undefined);
});

test('a configuration is judged on the mean of all its repeats, or has no value', () => {
  assert.equal(meanObjective([0.25, 0.5, 1.5]), 0.75);
  assert.equal(meanObjective([0.1, 0.1, 0.1]), 0.1);
  assert.equal(meanObjective([1, null, 1]), null);
  assert.equal(meanObjective([]), null);
});
