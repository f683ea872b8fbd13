import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimate, metricNames, studentT975, summarize, trialRows } from '../../core/aggregate.ts';
import { metricOf } from '../../core/metrics.ts';
import { trialAt } from '../../core/plan.ts';
import type { TrialResult } from '../../core/results.ts';
import type { SweepSpec } from '../../core/spec.ts';
import { exampleSpec } from '../support/example-run.ts';

const near = (actual: number | undefined, expected: number, within = 1e-9) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`);

test('the t quantile is that of the closed forms for 1 and 2 degrees of freedom', () => {
  near(studentT975(1), Math.tan(0.475 * Math.PI), 1e-12);
  near(studentT975(2), Math.sqrt((2 * 0.95 ** 2) / (1 - 0.95 ** 2)), 1e-12);
});

test('the t quantile is that of printed tables (Abramowitz and Stegun, table 26.10)', () => {
  const table: [nu: number, t: number][] = [
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [9, 2.262],
    [10, 2.228],
    [19, 2.093],
    [29, 2.045],
    [30, 2.042],
    [60, 2.0],
    [120, 1.98],
  ];
  for (const [nu, t] of table) near(studentT975(nu), t, 5e-4);
});

test('mean and interval of 1, 2, 3, worked by hand: 2 ± 4.3027 · 1 / √3', () => {
  const { n, mean, low, high } = estimate([1, 2, 3]);
  assert.equal(n, 3);
  assert.equal(mean, 2);
  near(low, 2 - 4.302652729749462 / Math.sqrt(3), 1e-12);
  near(high, 2 + 4.302652729749462 / Math.sqrt(3), 1e-12);
});

test('19 in 20 intervals of three normal repeats hold the true mean', () => {
  // A linear congruential generator (Numerical Recipes) and Box and Muller: the same draws every time.
  let state = 1;
  const uniform = () => (state = (Math.imul(1664525, state) + 1013904223) >>> 0) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const rounds = 20_000;
  let held = 0;
  for (let i = 0; i < rounds; i++) {
    const { low = 0, high = 0 } = estimate([normal(), normal(), normal()]);
    if (low <= 0 && 0 <= high) held += 1;
  }
  near(held / rounds, 0.95, 0.01); // the standard error is 0.0015
});

test('one repeat has a mean and no interval', () => assert.deepEqual(estimate([0.25]), { n: 1, mean: 0.25 }));

test('equal repeats have exactly their value as mean and an interval without width', () =>
  assert.deepEqual(estimate([0.1, 0.1, 0.1]), { n: 3, mean: 0.1, low: 0.1, high: 0.1 }));

test('an interval stays in the range of its metric', () => {
  const { low, high } = estimate([0.1, 0.5, 0.9], metricOf('accuracy').range);
  assert.deepEqual([low, high], [0, 1]);
  const loss = estimate([0.1, 0.5, 0.9], metricOf('loss').range);
  assert.equal(loss.low, 0);
  near(loss.high, 0.5 + (4.302652729749462 * 0.4) / Math.sqrt(3), 1e-12);
});

test('accuracy and loss come first, other metrics by name', () =>
  assert.deepEqual(
    metricNames([
      { perplexity: 1, loss: 1 },
      { bits: 1, accuracy: 1 },
    ]),
    ['accuracy', 'loss', 'bits', 'perplexity'],
  ));

// Two configurations with three repeats.
const spec: SweepSpec = { ...exampleSpec, space: { 'model.cell': { choice: ['rnn', 'lstm'] } } };

function resultsOf(...outcomes: (number | 'diverged' | undefined)[]): Map<string, TrialResult> {
  return new Map(
    outcomes.flatMap((outcome, index) => {
      if (outcome === undefined) return [];
      const { trialId, trial } = trialAt(spec, index);
      const result: TrialResult = {
        trialId,
        trial,
        science: 1,
        status: outcome === 'diverged' ? 'diverged' : 'completed',
        steps: 100,
        metrics: { accuracy: outcome === 'diverged' ? 0.7 : outcome },
        parameters: 10,
        backend: 'test',
        replayed: false,
      };
      return [[trialId, result] as const];
    }),
  );
}

test('a diverged repeat has a status and no number: it is counted as failed and does not enter the mean', () => {
  const rows = trialRows(spec, resultsOf(0.5, 'diverged', 0.7), new Set());
  assert.deepEqual(
    rows.map(({ status }) => status),
    ['completed', 'diverged', 'completed', 'missing', 'missing', 'missing'],
  );
  assert.deepEqual(rows[1]?.metrics, {});
  assert.equal(rows[1]?.steps, 100);
  const [rnn, lstm] = summarize(rows);
  assert.deepEqual([rnn?.n, rnn?.failed, rnn?.missing], [2, 1, 0]);
  near(rnn?.metrics['accuracy']?.mean, 0.6, 1e-15);
  assert.deepEqual([lstm?.n, lstm?.failed, lstm?.missing, lstm?.metrics], [0, 0, 3, {}]);
});

test('a failed trial is counted as failed; one with a result is not, whatever failed before', () => {
  const ids = [0, 1].map((index) => trialAt(spec, index).trialId);
  const [rnn] = summarize(trialRows(spec, resultsOf(0.5), new Set(ids)));
  assert.deepEqual([rnn?.n, rnn?.failed, rnn?.missing], [1, 1, 1]);
});

test('rows are in the order of the plan, whatever the order of the results', () => {
  const results = resultsOf(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
  const backwards = new Map([...results].reverse());
  assert.deepEqual(trialRows(spec, backwards, new Set()), trialRows(spec, results, new Set()));
  assert.deepEqual(
    trialRows(spec, results, new Set()).map(({ repeat }) => repeat),
    [1, 2, 3, 1, 2, 3],
  );
});

test('a trial that a random search draws twice is one trial', () => {
  const drawn: SweepSpec = { ...spec, search: { name: 'random', trials: 40 } };
  const rows = trialRows(drawn, new Map(), new Set());
  assert.equal(rows.length, 6);
  assert.deepEqual(
    summarize(rows).map(({ missing }) => missing),
    [3, 3],
  );
});

test('a trial left at a rung has its steps and metrics, and stays out of the mean', () => {
  const [one, two, three] = [0, 1, 2].map((i) => trialAt(exampleSpec, i));
  const at = ({ trialId, trial }: ReturnType<typeof trialAt>, steps: number) => ({
    trialId,
    trial,
    science: 1,
    steps,
    metrics: { accuracy: steps / 1000 },
    parameters: 1,
    backend: 'test',
    replayed: true,
  });
  const results = new Map([[one!.trialId, { ...at(one!, 900), status: 'completed' as const }]]);
  const stopped = new Map([two!, three!].map((trial) => [trial.trialId, at(trial, 100)]));
  const rows = trialRows(exampleSpec, results, new Set(), stopped).slice(0, 3);
  assert.deepEqual(
    rows.map(({ status, steps, metrics }) => [status, steps, metrics['accuracy']]),
    [
      ['completed', 900, 0.9],
      ['stopped', 100, 0.1],
      ['stopped', 100, 0.1],
    ],
  );
  const [summary] = summarize(rows);
  assert.deepEqual(
    [summary?.n, summary?.stopped, summary?.failed, summary?.missing, summary?.metrics['accuracy']?.mean],
    [1, 2, 0, 0, 0.9],
  );
});
