/**
 * A configuration of which a repeat failed, diverged, was stopped or is to come ranks after all that are whole:
 * everywhere.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summarize, trialRows, type SummaryRow } from '../../core/aggregate.ts';
import { trialAt } from '../../core/plan.ts';
import type { TrialResult } from '../../core/results.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { frontRunner, leaderOf, ranked } from '../../core/standing.ts';
import { styleOf } from '../../cli/ui/style.ts';
import { bestText } from '../../cli/ui/progress.ts';
import { resultsTable } from '../../cli/ui/results-table.ts';
import type { View } from '../../orchestrate/view.ts';
import { storedSnapshot } from '../../orchestrate/snapshot.ts';
import { figures } from '../../reports/figures/index.ts';
import { readRun } from '../../reports/input.ts';
import { modelOf } from '../../reports/model.ts';
import { provenanceOf } from '../../reports/provenance.ts';
import { answerTable, countsText, headline } from '../../reports/tables.ts';
import { exampleSpec, memoryStore, writeExampleRun } from '../support/example-run.ts';

const objective = { metric: 'accuracy', goal: 'maximize' } as const;
const plain = styleOf({ isTTY: false }, { LANG: 'C.UTF-8' }, 'linux');

/** A run with these accuracies, one a trial in the plan's order: null diverged, undefined is to come. */
async function run(given: Partial<NetworkSweep>, accuracies: readonly (number | null | undefined)[]) {
  const spec: NetworkSweep = { ...exampleSpec, objective, ...given };
  const store = memoryStore();
  const sweepId = await writeExampleRun(store, {
    spec,
    diverged: -1,
    failed: -1,
    missing: accuracies.flatMap((a, i) => (a === undefined ? [i] : [])),
  });
  for (const [i, accuracy] of accuracies.entries()) {
    if (accuracy === undefined) continue;
    const key = `${sweepId}/trials/${trialAt(spec, i).trialId}/result.json`;
    const result = JSON.parse(Buffer.from((await store.get(key)) ?? []).toString()) as TrialResult;
    await store.put(
      key,
      JSON.stringify(
        accuracy === null ? { ...result, status: 'diverged' } : { ...result, metrics: { ...result.metrics, accuracy } },
      ),
    );
  }
  const report = modelOf(await readRun(store, sweepId));
  return { spec, store, sweepId, report };
}

const lengths = { 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { choice: [5, 15] } };
const two = { space: { 'model.cell': { choice: ['rnn', 'lstm'] } }, repeats: 3 };

describe('the mean of survivors', () => {
  test('does not solve a length: the headline names the last one that all repeats solve, and how many solve the next', async () => {
    const { report } = await run({ space: lengths, repeats: 4 }, [
      1,
      1,
      1,
      1,
      1,
      null,
      null,
      null,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
      1,
    ]);
    assert.equal(
      headline(report),
      'Lengths solved with a mean accuracy of at least 0.99: rnn up to 5 (15 with 1 of 4 repeats); lstm up to 15.',
    );
  });

  test('ranks last, as with schedulers, in the table, for the figures and as the best', async () => {
    const { report, spec, store, sweepId } = await run(two, [1, null, 1, 0.5, 0.5, 0.5]);
    assert.deepEqual(
      ranked(report.summary, objective).map(({ configuration }) => configuration['model.cell']),
      ['lstm', 'rnn'],
    );
    assert.deepEqual(
      answerTable(report).rows[0]?.map(({ warning }) => warning),
      [undefined, '2 of 3 repeats, 1 failed', undefined],
    );
    const { leader, best } = await storedSnapshot(store, sweepId, spec);
    assert.deepEqual(leader, { label: 'lstm', objective: 0.5, n: 3, repeats: 3 });
    assert.equal(best?.objective, 1, 'the best single trial is known as that');
    const lines = resultsTable(spec, report.summary, { width: 100, height: 20 }, plain);
    assert.match(lines[0] ?? '', /mean of 3 repeats \(\* 2 of 3: the others diverged or failed\)$/);
    assert.deepEqual(
      lines.slice(1).map((line) => line.trim().split(/ +/)),
      [
        ['1', 'lstm', '0.50'],
        ['rnn', '1.00*'],
      ],
    );
  });

  test('and so does that of repeats which are to come, or which a scheduler stopped', () => {
    const row = (cell: string, mean: number, out: Partial<SummaryRow>): SummaryRow => ({
      configuration: { 'model.cell': cell },
      repeats: [],
      n: 1,
      failed: 0,
      stopped: 0,
      missing: 0,
      metrics: { accuracy: { n: 1, mean } },
      ...out,
    });
    const rows = [
      row('a', 1, { failed: 1 }),
      row('b', 0.9, { stopped: 1 }),
      row('c', 0.8, { missing: 2 }),
      row('d', 0.1, {}),
      row('e', 0.95, { failed: 2 }),
    ];
    assert.deepEqual(
      ranked(rows, objective).map(({ configuration }) => configuration['model.cell']),
      ['d', 'b', 'c', 'a', 'e'],
    );
  });

  test('is said to be one, where there is nothing better', async () => {
    const { report, spec } = await run(two, [null, null, 0.3, null, null, null]);
    const view = { spec, summary: report.summary, snapshot: {} } as unknown as View;
    assert.equal(bestText(view), 'accuracy 0.30, 1 of 3 repeats: rnn');
  });

  test('is hollow by length, with its share, and a length of which no repeat is left has a cross', async () => {
    const { report } = await run({ space: lengths, repeats: 2 }, [1, null, null, null, 1, 1, 1, 1]);
    const figure = figures['accuracy-by-length'];
    const rows = figure.data(report) ?? [];
    assert.deepEqual(
      rows.filter(({ kind }) => kind !== 'repeat').map(({ kind, line, length, share }) => [kind, line, length, share]),
      [
        ['mean', 'rnn', 5, '1/2'],
        ['none', 'rnn', 15, '0/2'],
        ['mean', 'lstm', 5, null],
        ['mean', 'lstm', 15, null],
      ],
    );
    assert.match(
      figure.caption(report, rows),
      /Hollow: the mean of so many repeats; the others have no number\. ✕: no repeat has one\.$/,
    );
  });

  test('has no colour among those that have one', async () => {
    const space = {
      'training.optimizer': { choice: ['sgd', 'adam'] },
      'training.learningRate': { choice: [0.1, 0.2] },
      'model.hiddenUnits': { choice: [8, 16] },
    };
    const accuracies = [1, null, ...Array.from({ length: 14 }, () => 0.5)];
    const { report } = await run({ space, repeats: 2 }, accuracies);
    for (const name of ['heatmap', 'parallel-coordinates'] as const) {
      const rows = (figures[name].data(report) ?? []).filter((row) => typeof row['mean'] === 'number');
      assert.deepEqual(
        [...new Set(rows.map(({ mean, judged }) => `${mean} ${judged}`))].sort(),
        ['0.5 0.5', '1 null'],
        name,
      );
      assert.match(figures[name].caption(report, rows), /Grey: not every repeat has a number/);
    }
    const points = figures['metric-by-dimension'].data(report) ?? [];
    assert.deepEqual(
      points.filter(({ best }) => best === 'part').map(({ mean }) => mean),
      [1],
    );
  });
});

test('the front runner of trials that come one by one is the leader of them all', async () => {
  const { report } = await run({ space: lengths, repeats: 2 }, [0.9, null, 0.3, 0.4, 0.6, 0.7, undefined, 1]);
  const front = frontRunner(objective);
  report.trials.forEach((trial) => front.add(trial));
  assert.deepEqual(front.leader(), { leader: leaderOf(report.summary, objective) });
  assert.equal(leaderOf(report.summary, objective)?.label, 'lstm length 5');
});

test('a row over several cells is not headed with one of them, nor one without a value with the cell', async () => {
  const { report } = await run({ ...two, repeats: 1 }, [0.5, 0.6]);
  assert.deepEqual(answerTable(report).rows[0]?.[0]?.text, 'accuracy');
  const tau = { choice: [5, 10], when: { 'model.cell': 'phased-lstm' } };
  const space = { 'model.tau': tau, 'model.cell': { choice: ['lstm', 'phased-lstm'] } };
  const { report: phased } = await run({ space, repeats: 1 }, [0.5, 0.6, 0.7]);
  const { head, rows } = answerTable(phased);
  assert.ok(!rows.some(([first]) => first?.text === 'rnn') && !head.includes('rnn'), JSON.stringify({ head, rows }));
});

test('a trial that is drawn twice counts twice in the report, as it does while it runs, and the report says so', async () => {
  const search = { name: 'random', trials: 6 };
  const spec: NetworkSweep = { ...exampleSpec, ...two, repeats: 2, search };
  const rows = trialRows(spec, new Map(), new Set());
  assert.deepEqual(
    [rows.length, rows.reduce((sum, { draws = 1 }) => sum + draws, 0), summarize(rows).length],
    [4, 12, 2],
  );
  const store = memoryStore();
  const sweepId = await writeExampleRun(store, { spec, diverged: -1, failed: -1 });
  const report = modelOf(await readRun(store, sweepId));
  assert.equal(countsText(report), '12 of 12 trials completed, 4 of them different: random drew some more than once');
  const { total, completed } = await storedSnapshot(store, sweepId, spec);
  assert.deepEqual([total, completed], [12, 12]);
  assert.deepEqual((await provenanceOf(report)).trials, {
    planned: 12,
    different: 4,
    completed: 12,
    stopped: 0,
    diverged: 0,
    failed: 0,
    missing: 0,
  });
});
