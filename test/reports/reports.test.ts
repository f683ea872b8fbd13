import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Resvg } from '@resvg/resvg-js';
import { parse } from 'csv-parse/sync';
import { countTrials, trialAt } from '../../core/plan.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { chooseFigures, figures, type Figure } from '../../reports/figures/index.ts';
import { meanCurve } from '../../reports/figures/curves.ts';
import { series } from '../../reports/figures/theme.ts';
import { escapeHtml, scriptJson } from '../../reports/html.ts';
import { readRun } from '../../reports/input.ts';
import { escapeMarkdown } from '../../reports/markdown.ts';
import { modelOf } from '../../reports/model.ts';
import { collectProvenance, recordProvenance } from '../../reports/provenance.ts';
import { readReport, verifyReport, writeReport } from '../../reports/report.ts';
import { answerTable, headline } from '../../reports/tables.ts';
import { textWidth, wrapped } from '../../reports/text-width.ts';
import { openStore } from '../../store/index.ts';
import type { Store } from '../../store/types.ts';
import {
  builtReport,
  exampleProvenance,
  exampleSpec,
  memoryStore,
  writeExampleRun,
  type ExampleOptions,
} from '../support/example-run.ts';

const small: NetworkSweep = {
  ...exampleSpec,
  space: { 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { choice: [5, 15] } },
  repeats: 2,
};
// One figure, because every verification draws it.
const oneFigure: NetworkSweep = { ...small, report: { figures: ['loss-curves'] } };
const search: NetworkSweep = {
  ...exampleSpec,
  repeats: 2,
  search: { name: 'random', trials: 15 },
  space: { 'model.cell': { choice: ['rnn', 'lstm'] }, 'training.learningRate': { logUniform: [0.0001, 0.1] } },
};

async function example(options: ExampleOptions = {}) {
  const store = memoryStore();
  const sweepId = await writeExampleRun(store, options);
  const input = await readRun(store, sweepId);
  return { store, sweepId, input, report: modelOf(input) };
}

/** The report of the whole example, built once. */
const whole = example().then(async (run) => ({ ...run, files: await builtReport(run.input) }));
const textOf = (content: string | Uint8Array | undefined) =>
  typeof content === 'string' ? content : Buffer.from(content ?? []).toString('utf8');
const linesOf = (content: string | Uint8Array | undefined) => textOf(content).trimEnd().split('\n');

test('a report has every file that the design names', async () => {
  const figureFiles = ['accuracy-by-length', 'accuracy-curves', 'loss-curves', 'timeline'].flatMap((name) =>
    ['png', 'svg', 'vl.json'].map((type) => `figures/${name}.${type}`),
  );
  assert.deepEqual([...(await whole).files.keys()].sort(), [
    'curves.csv',
    ...figureFiles,
    'provenance.json',
    'report.html',
    'report.md',
    'results.csv',
    'summary.csv',
    'timings.csv',
  ]);
});

test('the columns of the CSV files are those of the design', async () => {
  const { files } = await whole;
  assert.equal(
    linesOf(files.get('results.csv'))[0],
    'trial,repeat,seed,status,steps,model.cell,task.length,accuracy,loss,parameters,backend',
  );
  assert.equal(
    linesOf(files.get('summary.csv'))[0],
    'model.cell,task.length,n,failed,accuracy_mean,accuracy_low,accuracy_high,loss_mean,loss_low,loss_high',
  );
  assert.equal(linesOf(files.get('curves.csv'))[0], 'trial,step,accuracy,loss');
  assert.equal(linesOf(files.get('timings.csv'))[0], 'trial,seconds,attempts,worker');
});

test('results.csv has a row for every planned trial, in the order of the plan', async () => {
  const {
    report: { input },
  } = await example({ missing: [41], spec: { ...exampleSpec, report: { figures: [] } } });
  const rows = parse(textOf((await builtReport(input)).get('results.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  assert.deepEqual(
    rows.map((row) => row['trial']),
    Array.from({ length: countTrials(exampleSpec) }, (_, i) => trialAt(exampleSpec, i).trialId),
  );
  assert.deepEqual(
    [13, 20, 41].map((i) => rows[i]?.['status']),
    ['diverged', 'failed', 'missing'],
  );
  // A diverged trial has the step at which it diverged, and no metric.
  assert.deepEqual(
    [rows[13]?.['steps'], rows[13]?.['accuracy'], rows[13]?.['loss'], rows[13]?.['parameters']],
    ['437', '', '', '19082'],
  );
  assert.deepEqual([rows[20]?.['steps'], rows[20]?.['accuracy'], rows[20]?.['backend']], ['', '', '']);
});

test('every number in results.csv and curves.csv reads back as the number that was stored', async () => {
  const { input, files } = await whole;
  const results = parse(textOf(files.get('results.csv')), { columns: true }) as Record<string, string>[];
  for (const row of results.filter(({ status }) => status === 'completed')) {
    const result = input.results.get(row['trial'] ?? '');
    assert.deepEqual({ accuracy: Number(row['accuracy']), loss: Number(row['loss']) }, result?.metrics);
    assert.deepEqual([Number(row['seed']), Number(row['steps'])], [result?.trial.seed, result?.steps]);
  }
  const curves = parse(textOf(files.get('curves.csv')), { columns: true }) as Record<string, string>[];
  const stored = [...input.curves].flatMap(([trial, curve]) =>
    curve.map(({ step, metrics }) => ({ trial, step, ...metrics })),
  );
  assert.deepEqual(
    curves.map((row) => ({
      trial: row['trial'],
      step: Number(row['step']),
      accuracy: Number(row['accuracy']),
      loss: Number(row['loss']),
    })),
    stored,
  );
});

test('of a large sweep only the curves that figures may show are held; curves.csv has them all, or a line that says why not', async () => {
  const spec: NetworkSweep = {
    ...search,
    repeats: 1,
    search: { name: 'random', trials: 320 },
    report: { figures: ['loss-curves'] },
  };
  const { input, report, store, sweepId } = await example({ spec });
  const ends = report.trials.filter(({ status }) => status === 'completed' || status === 'diverged');
  assert.deepEqual([ends.length, input.curves.size], [319, 288]);
  const rows = parse(textOf((await builtReport(input)).get('curves.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  assert.deepEqual(
    [...new Set(rows.map((row) => row['trial']))],
    ends.map(({ trialId }) => trialId),
  );
  const { trialId } = ends.find((trial) => !input.curves.has(trial.trialId)) ?? ends[0]!;
  await store.put(`${sweepId}/trials/${trialId}/metrics.csv`, 'step,loss\n1,0\n');
  await assert.rejects(
    builtReport(input),
    new RegExp(`${trialId}/metrics.csv: changed while the report was made of it`),
  );
});

test('values of any kind are told apart in a CSV cell', async () => {
  const spec: NetworkSweep = {
    ...oneFigure,
    space: { 'task.mark': { choice: ['a,"b"\nc', true, null, { norm: 1 }, 0.1] } },
    repeats: 1,
  };
  const { input } = await example({ spec, diverged: -1, failed: -1 });
  const rows = parse(textOf((await builtReport(input)).get('results.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  assert.deepEqual(
    rows.map((row) => row['task.mark']),
    ['a,"b"\nc', 'true', 'null', '{"norm":1}', '0.1'],
  );
});

test('summary.csv has the mean, the interval and the counts of each configuration', async () => {
  const { input } = await example({ spec: { ...oneFigure, repeats: 3 }, diverged: 1, failed: -1, missing: [3, 4] });
  const rows = parse(textOf((await builtReport(input)).get('summary.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  assert.deepEqual(
    rows.map(({ n, failed }) => [n, failed]),
    [
      ['2', '1'],
      ['1', '0'],
      ['3', '0'],
      ['3', '0'],
    ],
  );
  // One repeat: a mean without an interval.
  assert.notEqual(rows[1]?.['accuracy_mean'], '');
  assert.deepEqual([rows[1]?.['accuracy_low'], rows[1]?.['accuracy_high']], ['', '']);
  // Three repeats, by the textbook: mean ± 4.302653 · s / √3.
  const values = [6, 7, 8].map((i) => input.results.get(trialAt(input.spec, i).trialId)?.metrics['loss'] ?? NaN);
  const mean = values.reduce((a, b) => a + b) / 3;
  const s = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2);
  assert.ok(Math.abs(Number(rows[2]?.['loss_mean']) - mean) < 1e-12);
  assert.ok(Math.abs(Number(rows[2]?.['loss_high']) - (mean + (4.302652729749462 * s) / Math.sqrt(3))) < 1e-12);
});

test('building twice gives equal bytes, and so does another order of completion', async () => {
  const { input, files } = await whole;
  assert.deepEqual(await builtReport(input), files);
  const backwards = await example({ order: (count) => Array.from({ length: count }, (_, i) => (i * 25) % count) });
  assert.deepEqual(await builtReport(backwards.input), files);
});

test('a report of nothing but missing trials is a report', async () => {
  const { input } = await example({ spec: small, missing: [0, 1, 2, 3, 4, 5, 6, 7], diverged: -1, failed: -1 });
  const files = await builtReport(input);
  assert.equal(linesOf(files.get('results.csv')).length, 9);
  assert.equal(
    [...files.keys()].some((path) => path.startsWith('figures/')),
    false,
  );
  assert.match(textOf(files.get('report.md')), /0 of 8 trials completed, 8 missing/);
});

// ---- figures ----

test('accuracy-by-length shows each mean with its interval, and every repeat', async () => {
  const { report } = await example({ spec: small, diverged: 1, failed: -1 });
  const rows = figures['accuracy-by-length'].data(report) ?? [];
  const means = rows.filter((row) => row['kind'] === 'mean');
  assert.deepEqual(
    means.map(({ line, length, n, failed }) => [line, length, n, failed]),
    [
      ['rnn', 5, 1, 1],
      ['rnn', 15, 2, 0],
      ['lstm', 5, 2, 0],
      ['lstm', 15, 2, 0],
    ],
  );
  assert.deepEqual(
    means.map((row) => row['accuracy']),
    report.summary.map((row) => row.metrics['accuracy']?.mean),
  );
  assert.deepEqual(
    means.map((row) => [row['low'], row['high']]),
    report.summary.map((row) => [row.metrics['accuracy']?.low ?? null, row.metrics['accuracy']?.high ?? null]),
  );
  assert.equal(rows.filter((row) => row['kind'] === 'repeat').length, 7);
  // Two lines stand apart at one length, a little, on both sides of it.
  assert.deepEqual(
    means.map((row) => row['x']),
    [4.92, 14.92, 5.08, 15.08],
  );
});

test('accuracy-by-length is a line with points of another shape for each cell, on a scale from 0 to 1', async () => {
  const { report } = await example({ spec: small, diverged: -1, failed: -1 });
  const figure: Figure = figures['accuracy-by-length'];
  const spec = JSON.parse(JSON.stringify(figure.spec(figure.data(report) ?? [], report, 'wide')));
  assert.deepEqual(
    spec.layer.map((layer: { mark: { type: string } }) => layer.mark.type),
    ['errorbar', 'line', 'point', 'point'],
  );
  const [bar, line, , point] = spec.layer;
  assert.deepEqual([bar.encoding.y.field, bar.encoding.y2.field, line.encoding.y.field], ['low', 'high', 'accuracy']);
  assert.deepEqual(line.encoding.y.scale.domain[0], 0);
  assert.deepEqual(spec.encoding.x.axis.values, [5, 15]);
  assert.deepEqual(spec.encoding.color.scale, { domain: ['rnn', 'lstm'], range: ['#d55e00', '#0072b2'] });
  assert.deepEqual(point.encoding.shape.scale, { domain: ['rnn', 'lstm'], range: ['circle', 'square'] });
  assert.deepEqual(
    point.encoding.tooltip.map((t: { title: string }) => t.title),
    ['cell', 'length', 'mean accuracy', 'interval from', 'to', 'repeats', 'failed or diverged'],
  );
});

test('learning curves have a line for each length and a panel for each cell', async () => {
  const { report } = await whole;
  for (const [name, metric] of [
    ['accuracy-curves', 'accuracy'],
    ['loss-curves', 'loss'],
  ] as const) {
    const figure: Figure = figures[name];
    const rows = figure.data(report) ?? [];
    const wide = JSON.parse(JSON.stringify(figure.spec(rows, report, 'wide')));
    assert.deepEqual(wide.facet.sort, ['rnn', 'lstm']);
    assert.equal(wide.columns, 2);
    assert.deepEqual(wide.spec.encoding.color.scale.domain, ['5', '10', '15', '20', '25', '30', '35']);
    assert.equal(new Set(wide.spec.encoding.color.scale.range).size, 7);
    assert.deepEqual([wide.spec.encoding.x.field, wide.spec.encoding.y.field], ['step', metric]);
    assert.equal(JSON.parse(JSON.stringify(figure.spec(rows, report, 'narrow'))).columns, 1);
  }
});

test('a repeat that has stopped keeps its last value in the mean curve', () => {
  const point = (step: number, accuracy: number) => ({ step, metrics: { accuracy } });
  const curves = [
    [point(100, 0.5), point(200, 1)],
    [point(100, 0.1), point(200, 0.2), point(300, 0.4)],
  ];
  assert.deepEqual(
    meanCurve(curves, 'accuracy').map(({ step, mean, n }) => [step, Number(mean.toFixed(12)), n]),
    [
      [100, 0.3, 2],
      [200, 0.6, 2],
      [300, 0.7, 2],
    ],
  );
  assert.deepEqual(meanCurve(curves, 'loss'), []);
});

test('a spec chooses its figures and their order; those that do not apply are left out; an unknown one is named', async () => {
  const chosen = async (figureNames: string[], spec: NetworkSweep = small) =>
    chooseFigures(
      (await example({ spec: { ...spec, report: { figures: figureNames } }, diverged: -1, failed: -1 })).report,
    ).map(({ name }) => name);
  assert.deepEqual(await chosen(['loss-curves', 'accuracy-by-length']), ['loss-curves', 'accuracy-by-length']);
  assert.deepEqual(await chosen(['accuracy-by-length', 'loss-curves'], search), ['loss-curves']);
  assert.deepEqual(await chosen(['metric-by-dimension']), ['metric-by-dimension']);
  await assert.rejects(chosen(['accuracy']), /"accuracy" is no figure; allowed: accuracy-by-length, /);
  assert.deepEqual(
    chooseFigures((await example({ spec: search })).report).map(({ name }) => name),
    ['accuracy-curves', 'loss-curves', 'metric-by-dimension', 'timeline'],
  );
});

test('the PNG is the SVG at twice its size, with its colours and its letters', async () => {
  const { files } = await whole;
  const [, width, height] =
    /width="(\d+)" height="(\d+)"/.exec(textOf(files.get('figures/accuracy-by-length.svg'))) ?? [];
  const png = Buffer.from(files.get('figures/accuracy-by-length.png') ?? []);
  const size = { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
  assert.deepEqual(size, { width: 2 * Number(width), height: 2 * Number(height) });
  const href = `data:image/png;base64,${png.toString('base64')}`;
  const image = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"><image href="${href}"/></svg>`;
  const { pixels } = new Resvg(image).render();
  const coloured = (hex: string, below: number) => {
    let count = 0;
    for (let i = 0; i < 4 * size.width * below; i += 4)
      if (pixels.subarray(i, i + 3).toString('hex') === hex) count += 1;
    return count;
  };
  assert.ok(coloured('d55e00', size.height) > 1000, 'the line of the RNN');
  assert.ok(coloured('0072b2', size.height) > 1000, 'the line of the LSTM');
  assert.ok(coloured('1c2430', 60) > 200, 'the title, drawn with the pinned font');
});

/** What dichromats see of linear RGB: Machado, Oliveira and Fernandes 2009, severity 1. */
const visions = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE L*a*b* of a colour as a vision sees it; distances in it are just noticeable at about 2.3. */
function seen(hex: string, vision: number[][]): number[] {
  const rgb = [1, 3, 5]
    .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const times = (matrix: number[][], v: number[]) =>
    matrix.map((row) => row.reduce((sum, x, i) => sum + x * (v[i] ?? 0), 0));
  const shown = times(vision, rgb).map((c) => Math.min(1, Math.max(0, c)));
  const toXyz = [
    [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
    [0.2126, 0.7152, 0.0722],
    [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089],
  ];
  const [x = 0, y = 0, z = 0] = times(toXyz, shown).map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

for (const [name, vision] of Object.entries(visions)) {
  test(`the colours of lines are far apart with ${name}, on paper and in the dark`, () => {
    for (const page of ['light', 'dark'] as const) {
      for (const [i, a] of series.entries()) {
        for (const b of series.slice(0, i)) {
          const distance = Math.hypot(...seen(a[page], vision).map((x, k) => x - (seen(b[page], vision)[k] ?? 0)));
          assert.ok(distance > 12, `${a[page]} and ${b[page]}: ${distance}`);
        }
      }
    }
  });
}

test('text is as wide as the font says', () => {
  assert.equal(textWidth('', 11, false), 0);
  // DejaVu Sans, 2048 units an em: 'i' is 569, 'm' is 1995; bold 'i' is 702.
  assert.equal(textWidth('im', 2048, false), 569 + 1995);
  assert.equal(textWidth('i', 2048, true), 702);
  assert.deepEqual(wrapped('one two three', textWidth('one two', 10, false), 10), ['one two', 'three']);
});

// ---- what people read ----

test('the headline says up to which length each network solves the task', async () => {
  const { report } = await whole;
  const solved = (cell: string) =>
    report.summary
      .filter((row) => row.configuration['model.cell'] === cell)
      .map((row) => (row.metrics['accuracy']?.mean ?? 0) >= 0.99);
  const up = (cell: string) => 5 * solved(cell).concat(false).indexOf(false);
  assert.equal(
    headline(report),
    `Lengths solved with a mean accuracy of at least 0.99: rnn up to ${up('rnn')}; lstm up to ${up('lstm')}.`,
  );
  assert.equal(headline((await example({ spec: search })).report), undefined);
});

test('the headline goes by the share that the stopping rule names, or else by an accuracy of 0.95', async () => {
  const solved = async (stopWhen?: NetworkSweep['training']['stopWhen'], objective = small.objective) => {
    const { stopWhen: _, ...training } = small.training;
    const spec: NetworkSweep = { ...small, objective, training: { ...training, ...(stopWhen && { stopWhen }) } };
    const { report } = await example({ spec, metrics: ['exactMatch'], diverged: -1, failed: -1 });
    // By exact match, which is the accuracy's square here, the LSTM has solved nothing.
    for (const row of report.summary) {
      const accuracy = row.configuration['model.cell'] === 'lstm' ? 0.98 : 0.5;
      row.metrics = {
        accuracy: { n: 2, mean: accuracy },
        exactMatch: { n: 2, mean: accuracy ** 2 },
        loss: { n: 2, mean: 0.1 },
      };
    }
    return headline(report);
  };
  const loss = { metric: 'loss', goal: 'minimize' } as const;
  const exactMatch = { metric: 'exactMatch', atLeast: 0.97, evaluations: 2 };
  const byExactMatch = 'Lengths solved with a mean exact match of at least 0.97: rnn at none; lstm at none.';
  const byAccuracy = 'Lengths solved with a mean accuracy of at least 0.95: rnn at none; lstm up to 15.';
  assert.equal(await solved(exactMatch), byExactMatch);
  assert.equal(await solved(exactMatch, loss), byExactMatch);
  assert.equal(await solved(), byAccuracy);
  assert.equal(await solved({ metric: 'loss', atMost: 0.1, evaluations: 2 }), byAccuracy);
  assert.equal(await solved({ metric: 'loss', atMost: 0.1, evaluations: 2 }, loss), undefined);
});

test('the answer is a table of lengths, or a ranking where there is no grid', async () => {
  const { report } = await whole;
  const table = answerTable(report);
  assert.equal(table.title, 'Mean accuracy by length');
  assert.deepEqual(table.head, ['cell', ...[5, 10, 15, 20, 25, 30, 35].map((length) => `length ${length}`)]);
  assert.deepEqual(
    table.rows.map((row) => row[0]?.text),
    ['rnn', 'lstm'],
  );
  assert.equal(table.rows[0]?.[5]?.warning, '2 of 3 repeats, 1 failed');
  const long: NetworkSweep = { ...oneFigure, space: { ...small.space, 'task.length': { from: 5, to: 75, step: 5 } } };
  const upright = answerTable((await example({ spec: long })).report);
  assert.deepEqual([upright.head, upright.rows.length], [['length', 'rnn', 'lstm'], 15]);
  const many: NetworkSweep = { ...search, search: { name: 'random', trials: 25 } };
  const best = answerTable((await example({ spec: many, diverged: -1, failed: -1 })).report);
  assert.equal(best.title, 'Best configurations by mean accuracy');
  assert.equal(best.rows.length, 10);
  const means = best.rows.map((row) => row.at(-1)?.sort ?? NaN);
  assert.deepEqual(
    means,
    [...means].sort((a, b) => b - a),
  );
});

test('a ranking has every configuration where they are few: one whose repeats all diverged comes last, without a rank', async () => {
  const onlyPhased = { when: { 'model.cell': 'phased-lstm' } };
  const spec: NetworkSweep = {
    ...exampleSpec,
    repeats: 1,
    space: {
      'model.cell': { choice: ['lstm', 'phased-lstm'] },
      'model.tau': { choice: [5, 10, 20], ...onlyPhased },
      'model.s': { choice: [0, 3], ...onlyPhased },
      'model.phases': { choice: ['fixed', 'learned'], ...onlyPhased },
    },
  };
  const { title, rows } = answerTable((await example({ spec, diverged: 4, failed: -1 })).report);
  assert.equal(title, 'Configurations by mean accuracy');
  assert.deepEqual(
    rows.map((row) => row[0]?.text),
    [...Array.from({ length: 12 }, (_, i) => String(i + 1)), ''],
  );
  assert.equal(rows.filter((row) => row[1]?.text === 'lstm').length, 1, 'what the others are compared with');
  const means = rows.slice(0, 12).map((row) => row.at(-1)?.sort ?? NaN);
  assert.deepEqual(
    means,
    [...means].sort((a, b) => b - a),
  );
  assert.deepEqual([rows[12]?.at(-1)?.text, rows[12]?.at(-1)?.warning], ['–', '1 failed']);
});

const hostile = '</script><img src=x onerror="hacked=1"> & \'quotes\' | `code` [a](javascript:b) \u2028 <!--';

test('whatever a spec holds is text in the report, never markup', async () => {
  assert.doesNotMatch(escapeHtml(hostile), /[<>"']/);
  assert.doesNotMatch(scriptJson({ hostile }), /[<>\u2028]/);
  assert.deepEqual(JSON.parse(scriptJson({ hostile })), { hostile });
  assert.equal(escapeMarkdown('a|b\n<i>*c*</i>'), 'a\\|b \\<i\\>\\*c\\*\\</i\\>');
  const spec: NetworkSweep = {
    ...small,
    description: hostile,
    space: { 'task.mark': { choice: [hostile, 'b'] }, 'task.length': { choice: [5, 15] } },
  };
  const { input } = await example({ spec, diverged: -1, failed: -1 });
  const files = await builtReport(input);
  const html = textOf(files.get('report.html'));
  assert.equal(html.match(/<img/g), null);
  assert.equal(html.match(/<script/g)?.length, 4);
  assert.equal(html.match(/<\/script>/g)?.length, 4);
  for (const [path, content] of files) if (path.endsWith('.svg')) assert.doesNotMatch(textOf(content), /<img|<script/);
  assert.doesNotMatch(textOf(files.get('report.md')), /(?<!\\)<img/);
});

// ---- provenance and verification ----

test('provenance.json has the spec, the code, the machine, the durations, and the sum of every data file', async () => {
  const { files, input, sweepId } = await whole;
  const provenance = JSON.parse(textOf(files.get('provenance.json')));
  assert.deepEqual(Object.keys(provenance), [
    'sweep',
    'name',
    'specHash',
    'seed',
    'science',
    'trials',
    'backends',
    'starts',
    'durations',
    'report',
    'data',
  ]);
  assert.equal(sweepId, `rnn-vs-lstm-${provenance.specHash.slice(0, 8)}`);
  assert.deepEqual(provenance.trials, { planned: 42, completed: 40, stopped: 0, diverged: 1, failed: 1, missing: 0 });
  assert.deepEqual(provenance.backends, ['tensorflow 2.21.0 cpu']);
  assert.deepEqual(provenance.starts, [exampleProvenance]);
  assert.deepEqual(Object.keys(provenance.data), [...input.hashes.keys()]);
  assert.equal(Object.keys(provenance.data).length, 2 + 4 * 41 + 1);
});

test('what this machine is can be collected and is recorded once', async () => {
  const store = memoryStore();
  const entry = await collectProvenance({ backend: 'tensorflow 2.21.0 cpu' });
  assert.equal(entry.node, process.versions.node);
  assert.match(entry.lockfile ?? '', /^[0-9a-f]{64}$/);
  assert.ok(entry.git === null || /^[0-9a-f]{40}$/.test(entry.git.commit));
  assert.match(entry.packages['@tensorflow/tfjs-core'] ?? '', /^\d+\.\d+\.\d+/);
  await recordProvenance(store, 'sweep', entry);
  await recordProvenance(store, 'sweep', { ...entry, at: new Date(0).toISOString() });
  const read = async () => JSON.parse(textOf(await store.get('sweep/provenance.json'))).starts.length;
  assert.equal(await read(), 1);
  await recordProvenance(store, 'sweep', { ...entry, node: '99.0.0' });
  assert.equal(await read(), 2);
});

test('a report that was written verifies; one that was not is asked for', async () => {
  const { store, sweepId } = await example({ spec: oneFigure });
  await assert.rejects(verifyReport(store, sweepId), /has no report yet; write it with: sweep report/);
  await writeReport(store, sweepId);
  const { ok, data, report, problem } = await verifyReport(store, sweepId);
  assert.deepEqual([ok, problem], [true, undefined]);
  assert.equal(report.length, (await readReport(store, sweepId)).size);
  assert.ok([...data, ...report].every(({ state }) => state === 'equal'));
});

test('writing a report removes what an earlier one left', async () => {
  const { store, sweepId } = await example({ spec: oneFigure });
  await store.put(`${sweepId}/report/figures/old.png`, 'old');
  await writeReport(store, sweepId);
  assert.equal(await store.get(`${sweepId}/report/figures/old.png`), undefined);
  assert.equal((await verifyReport(store, sweepId)).ok, true);
});

const first = trialAt(small, 0).trialId;
const edit = (key: string, from: string | RegExp, to: string) => async (store: Store, sweepId: string) => {
  const before = textOf(await store.get(`${sweepId}/${key}`));
  const after = before.replace(from, to);
  assert.notEqual(after, before, 'the test changes something');
  await store.put(`${sweepId}/${key}`, after);
};
const drop = (key: string) => (store: Store, sweepId: string) => store.remove(`${sweepId}/${key}`);
const add = (key: string, content: string) => (store: Store, sweepId: string) =>
  store.put(`${sweepId}/${key}`, content);

interface Tampering {
  change(store: Store, sweepId: string): Promise<void>;
  data: string[];
  report: string[] | 'any';
}
const tamperings: Record<string, Tampering> = {
  'a better accuracy in a result': {
    change: edit(`trials/${first}/result.json`, /"accuracy": [\d.]+/, '"accuracy": 0.123'),
    data: [`changed trials/${first}/result.json`],
    report: 'any',
  },
  'one digit of a curve': {
    change: edit(`trials/${first}/metrics.csv`, /0\.(\d)/, '0.9$1'),
    data: [`changed trials/${first}/metrics.csv`],
    report: 'any',
  },
  'a shorter time': {
    change: edit(`trials/${first}/timing.json`, /"seconds": [\d.]+/, '"seconds": 0.001'),
    data: [`changed trials/${first}/timing.json`],
    report: 'any',
  },
  'white space in a result': {
    change: edit(`trials/${first}/result.json`, '{', '{ '),
    data: [`changed trials/${first}/result.json`],
    report: ['changed provenance.json'],
  },
  'a lost curve': {
    change: drop(`trials/${first}/metrics.csv`),
    data: [`missing trials/${first}/metrics.csv`],
    report: 'any',
  },
  'another network': {
    change: edit(`trials/${first}/model.ckpt`, 'a', 'another'),
    data: [`changed trials/${first}/model.ckpt`],
    report: ['changed provenance.json'],
  },
  'a failure that was not there': {
    change: add(`trials/${first}/failure.json`, JSON.stringify({ trialId: first, trial: {}, message: 'm', at: '' })),
    data: [`unexpected trials/${first}/failure.json`],
    report: ['changed provenance.json'],
  },
  'another machine': {
    change: edit('provenance.json', 'Example CPU', 'Better CPU'),
    data: ['changed provenance.json'],
    report: 'any',
  },
  'another spec': {
    change: edit('sweep.json', '"repeats": 2', '"repeats": 1'),
    data: ['changed sweep.json'],
    report: 'any',
  },
  'a number in results.csv': {
    change: edit('report/results.csv', 'completed', 'diverged'),
    data: [],
    report: ['changed results.csv'],
  },
  'a point in a figure': {
    change: edit('report/figures/loss-curves.svg', /M(\d)/, 'M9$1'),
    data: [],
    report: ['changed figures/loss-curves.svg'],
  },
  'a word in the page': {
    change: edit('report/report.html', 'Mean accuracy', 'Best accuracy'),
    data: [],
    report: ['changed report.html'],
  },
  'a lost picture': {
    change: drop('report/figures/loss-curves.png'),
    data: [],
    report: ['missing figures/loss-curves.png'],
  },
  'a file put beside': { change: add('report/extra.csv', 'a'), data: [], report: ['unexpected extra.csv'] },
  'a sum in provenance.json': {
    change: edit(
      'report/provenance.json',
      new RegExp(`("trials/${first}/result.json": ")[0-9a-f]{64}`),
      `$1${'0'.repeat(64)}`,
    ),
    data: [`changed trials/${first}/result.json`],
    report: ['changed provenance.json'],
  },
  'no provenance.json': { change: drop('report/provenance.json'), data: [], report: ['missing provenance.json'] },
};

test('verification fails on any tampering and names the file', async (t) => {
  const { store, sweepId } = await example({ spec: oneFigure, diverged: 3, failed: 5 });
  await store.put(`${sweepId}/trials/${first}/model.ckpt`, 'a network');
  await writeReport(store, sweepId);
  const kept = new Map<string, Uint8Array>();
  const keep = async (prefix: string): Promise<void> => {
    for (const name of await store.list(prefix)) {
      if (name.endsWith('/')) await keep(`${prefix}/${name.slice(0, -1)}`);
      else kept.set(`${prefix}/${name}`, (await store.get(`${prefix}/${name}`)) ?? new Uint8Array());
    }
  };
  await keep(sweepId);
  for (const [what, { change, data, report }] of Object.entries(tamperings)) {
    await t.test(what, async () => {
      const copy = memoryStore();
      for (const [key, bytes] of kept) await copy.put(key, bytes);
      await change(copy, sweepId);
      const result = await verifyReport(copy, sweepId);
      const named = (checks: typeof result.data) =>
        checks.filter(({ state }) => state !== 'equal').map(({ path, state }) => `${state} ${path}`);
      assert.equal(result.ok, false);
      if (what !== 'no provenance.json')
        assert.deepEqual(
          named(result.data).filter((line) => what !== 'another spec' || line.includes('sweep.json')),
          data,
        );
      if (report === 'any') assert.ok(named(result.report).includes('changed provenance.json'));
      else assert.deepEqual(named(result.report), report);
    });
  }
});

test('data that is no longer data is named, with what is wrong about it', async () => {
  const { store, sweepId } = await example({ spec: oneFigure });
  await writeReport(store, sweepId);
  const broken: [file: string, content: string, problem: RegExp][] = [
    [`trials/${first}/result.json`, '{"trialId": ', /result\.json: not JSON/],
    [`trials/${first}/result.json`, '{"trialId": "x"}', /result\.json: /],
    [`trials/${first}/metrics.csv`, 'step,accuracy\n100,high\n', /metrics\.csv: not a curve/],
    ['sweep.json', '[]', /sweep\.json: /],
  ];
  for (const [file, content, problem] of broken) {
    const before = (await store.get(`${sweepId}/${file}`)) ?? '';
    await store.put(`${sweepId}/${file}`, content);
    const result = await verifyReport(store, sweepId);
    assert.equal(result.ok, false);
    assert.match(result.problem ?? '', problem);
    await store.put(`${sweepId}/${file}`, before);
  }
  await store.put(
    `${sweepId}/trials/${first}/result.json`,
    textOf(await store.get(`${sweepId}/trials/${trialAt(small, 1).trialId}/result.json`)),
  );
  assert.match((await verifyReport(store, sweepId)).problem ?? '', new RegExp(`trialId must be ${first}`));
});

test('a report in a real folder verifies from a fresh store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-report-'));
  try {
    const sweepId = await writeExampleRun(openStore(folder), { spec: oneFigure });
    await writeReport(openStore(folder), sweepId);
    assert.equal((await verifyReport(openStore(folder), sweepId)).ok, true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
