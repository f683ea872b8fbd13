/** What each figure shows, pinned on small runs; that every figure draws, declines, and compiles without a warning. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import * as vega from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { trialAt } from '../../core/plan.ts';
import type { CurvePoint, Observation, TrialSamples } from '../../core/results.ts';
import type { NetworkSweep, ProgramSweep } from '../../core/spec.ts';
import { rowsCsv } from '../../reports/csv.ts';
import { ticksBetween } from '../../reports/figures/gradient-flow.ts';
import {
  chooseFigures,
  figures,
  isTable,
  type Figure,
  type FigureName,
  type Row,
  type TableFigure,
} from '../../reports/figures/index.ts';
import { objectiveSpan } from '../../reports/figures/layout.ts';
import { heat, seriesColours } from '../../reports/figures/theme.ts';
import { readRun } from '../../reports/input.ts';
import { labelOf, modelOf, ranked, shortText } from '../../reports/model.ts';
import type { Report } from '../../reports/types.ts';
import { compileFigure, pngOf, svgOf } from '../../reports/render.ts';
import { verifyReport, writeReport } from '../../reports/report.ts';
import { shortened, visible } from '../../reports/visible.ts';
import { loadSpec } from '../../sweep-file/index.ts';
import { encodeCurve } from '../../store/curve.ts';
import type { Store } from '../../store/types.ts';
import numbers from '../fixtures/seed-numbers.json' with { type: 'json' };
import { builtReport, exampleSpec, memoryStore, writeExampleRun, type ExampleOptions } from '../support/example-run.ts';

// ---- runs ----

const all: Partial<ExampleOptions> = { diverged: -1, failed: -1 };
const small: NetworkSweep = {
  ...exampleSpec,
  repeats: 2,
  space: { 'model.cell': { choice: ['rnn', 'lstm'] }, 'task.length': { choice: [5, 15] } },
};
const optimizers: NetworkSweep = {
  ...exampleSpec,
  repeats: 2,
  space: {
    'training.optimizer': { choice: ['sgd', 'momentum'] },
    'training.learningRate': { choice: [0.1, 0.001] },
    'training.momentum': { choice: [0.5, 0.9], when: { 'training.optimizer': 'momentum' } },
  },
};
const texts: NetworkSweep = {
  ...exampleSpec,
  task: { name: 'text', length: 30 },
  sampling: { temperature: [0.5, 2], length: [30], prompts: ['Sleeping beauty is ', ''], greedy: true },
  space: {},
  repeats: 2,
};
const phased: NetworkSweep = {
  ...exampleSpec,
  model: { cell: 'phased-lstm', hiddenUnits: 8, layers: 1 },
  task: { name: 'palindrome', length: 13 },
  space: {},
  repeats: 1,
};

const program: ProgramSweep = {
  ...{ name: 'program', description: '', repeats: 2, seed: 1, budget: {}, report: {} },
  program: {
    ...{ command: ['python3', 'train.py'], arguments: 'flags', hashes: {}, environment: {}, pass: [] },
    metrics: { reward: { goal: 'maximize' } },
    resumes: false,
    step: 'episode',
  },
  parameters: {},
  training: { maxSteps: 100, evaluateEvery: 1 },
  space: { 'parameters.width': { choice: [1, 2, 3] } },
  search: { name: 'grid' },
  scheduler: { name: 'full' },
  objective: { metric: 'reward', goal: 'maximize' },
  resources: { accelerator: 'any' },
};

const runs: Record<string, ExampleOptions> = {
  'two lengths': { spec: small, diverged: 1, failed: 6 },
  'a random search': {
    spec: {
      ...small,
      search: { name: 'random', trials: 9 },
      space: { 'model.cell': { choice: ['rnn', 'lstm'] }, 'training.learningRate': { logUniform: [0.0001, 0.1] } },
    },
    ...all,
  },
  'no dimension': { spec: { ...small, space: {} }, ...all },
  'nothing completed': { spec: small, missing: [0, 1, 2, 3, 4, 5, 6, 7], ...all },
  'three dimensions': {
    spec: { ...small, space: { ...small.space, 'model.hiddenUnits': { choice: [16, 32] } } },
    diverged: 2,
    failed: 9,
  },
  optimizers: { spec: optimizers, diverged: 2, failed: 4 },
  'exact matches': { spec: small, metrics: ['exactMatch'], ...all },
  gradients: {
    spec: { ...small, model: { ...small.model, layers: 2 } },
    observe: ['gradient-flow'],
    diverged: 3,
    failed: 6,
  },
  gates: { spec: phased, observe: ['gate'], ...all },
  texts: { spec: texts, observe: ['samples'], writes: true, ...all },
  published: {
    spec: {
      ...texts,
      report: {
        reference: {
          source: 'a paper',
          points: [
            { step: 100, loss: 2.5 },
            { step: 7, accuracy: 0.5, loss: 1 },
          ],
        },
      },
    },
    ...all,
  },
  'a program': { spec: program, metrics: ['reward'], ...all },
  attention: {
    spec: {
      ...small,
      space: { 'task.attention': { choice: ['dot', 'additive'] }, 'task.length': { choice: [5, 7, 10] } },
    },
    observe: ['attention'],
    ...all,
  },
};

async function example(options: ExampleOptions = {}): Promise<{ store: Store; sweepId: string; report: Report }> {
  const store = memoryStore();
  const sweepId = await writeExampleRun(store, options);
  return { store, sweepId, report: modelOf(await readRun(store, sweepId)) };
}

/** A run with files of the test's own in place of the example's, for each trial by its index. */
async function exampleWith(options: ExampleOptions, files: (index: number) => Record<string, string>): Promise<Report> {
  const { store, sweepId, report } = await example(options);
  for (const [index, { trialId }] of report.trials.entries())
    for (const [file, content] of Object.entries(files(index)))
      await store.put(`${sweepId}/trials/${trialId}/${file}`, content);
  return modelOf(await readRun(store, sweepId));
}

const reports = Object.fromEntries(
  Object.entries(runs).map(([name, options]) => [name, example(options).then(({ report }) => report)]),
);
const reportOf = (name: string) => reports[name] as Promise<Report>;
const rowsOf = (name: FigureName, report: Report): Row[] => {
  const rows = figures[name].data(report);
  assert.ok(rows !== undefined, `${name} applies`);
  return rows;
};
/** A spec as plain JSON, in which tests may look about. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const specOf = (name: FigureName, report: Report, room: 'wide' | 'narrow' = 'wide'): any =>
  JSON.parse(JSON.stringify((figures[name] as Figure).spec(rowsOf(name, report), report, room)));
const tableOf = (name: FigureName, report: Report) =>
  (figures[name] as TableFigure).table(rowsOf(name, report), report);
const column = (rows: Row[], name: string) => rows.map((row) => row[name]);

// ---- every figure ----

/** What vega has against a figure when it draws it. */
async function complaints(figure: Figure, rows: Row[], report: Report, room: 'wide' | 'narrow'): Promise<string[]> {
  const spec = compileFigure(figure.spec(rows, report, room));
  const data = (spec.data ?? []).map((set) => (set.name === 'rows' ? { ...set, values: rows } : set));
  const heard: string[] = [];
  const note = (...args: unknown[]) => (heard.push(args.map(String).join(' ')), logger);
  const logger: vega.LoggerInterface = {
    level: ((_?: number) => logger) as vega.LoggerInterface['level'],
    error: note,
    warn: note,
    info: () => logger,
    debug: () => logger,
  };
  const runtime = vega.parse({ ...spec, data } as vega.Spec, undefined, { ast: true });
  const view = new vega.View(runtime, { renderer: 'none', expr: expressionInterpreter, logger });
  await view.runAsync();
  view.finalize();
  return heard;
}

for (const [name, figure] of Object.entries(figures) as [FigureName, Figure | TableFigure][]) {
  test(`figure ${name}: draws or declines every kind of sweep, and nothing warns`, async (t) => {
    const warn = t.mock.method(console, 'warn', () => undefined);
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(
      figure.summary.length > 20 && figure.summary.length < 140 && !figure.summary.endsWith('.'),
      figure.summary,
    );
    let drawn = 0;
    let declined = 0;
    for (const run of Object.keys(runs)) {
      const report = await reportOf(run);
      const rows = figure.data(report);
      if (rows === undefined) declined += 1;
      if (rows === undefined) continue;
      drawn += 1;
      assert.ok(rows.length > 0, 'declines rather than shows nothing');
      assert.deepEqual(JSON.parse(JSON.stringify(rows)), rows, 'rows are plain JSON');
      assert.ok(figure.caption(report, rows).endsWith('.'));
      if (isTable(figure)) {
        const { head, rows: lines } = figure.table(rows, report);
        assert.ok(
          lines.length > 0 && lines.every((line) => line.length === head.length),
          `${run}: a cell for every column`,
        );
        assert.equal((parse(rowsCsv(rows), { columns: true }) as object[]).length, rows.length);
      } else
        for (const room of ['wide', 'narrow'] as const)
          assert.deepEqual(await complaints(figure, rows, report, room), [], `${run}, ${room}`);
    }
    assert.ok(drawn > 0, 'draws at least one of the examples');
    assert.ok(declined > 0, 'declines where it does not apply');
    assert.deepEqual(
      warn.mock.calls.map((call) => call.arguments),
      [],
    );
  });
}

test('every picture is a PNG of the size that a page or a phone has room for', async () => {
  for (const [name, figure] of Object.entries(figures) as [FigureName, Figure | TableFigure][]) {
    if (isTable(figure)) continue;
    for (const run of Object.keys(runs)) {
      const report = await reportOf(run);
      const rows = figure.data(report);
      if (rows === undefined) continue;
      const png = Buffer.from(await pngOf(await svgOf(compileFigure(figure.spec(rows, report, 'narrow')), rows)));
      assert.equal(png.subarray(1, 4).toString(), 'PNG');
      const width = png.readUInt32BE(16) / 2;
      assert.ok(width > 150 && width <= 370, `${name} of ${run} is ${width} px wide on a phone`);
      break;
    }
  }
});

// ---- heatmap ----

test('a heatmap has optimizers down and learning rates across; a momentum belongs to its optimizer', async () => {
  const report = await reportOf('optimizers');
  const rows = rowsOf('heatmap', report);
  assert.deepEqual([...new Set(column(rows, 'down'))], ['sgd', 'momentum 0.5', 'momentum 0.9']);
  assert.deepEqual(
    column(rows, 'mean'),
    report.summary.map((row) => row.metrics['accuracy']?.mean ?? null),
  );
  const spec = specOf('heatmap', report);
  assert.deepEqual(
    [spec.encoding.x.sort, spec.encoding.y.sort],
    [
      ['0.001', '0.1'],
      ['sgd', 'momentum 0.5', 'momentum 0.9'],
    ],
  );
  assert.deepEqual([spec.encoding.x.title, spec.encoding.y.title], ['learning rate', 'optimizer']);
  assert.deepEqual(
    spec.layer.map((layer: { mark: { type: string } }) => layer.mark.type),
    ['rect', 'rect', 'text', 'text', 'text'],
  );
  assert.deepEqual(spec.layer[0].encoding.color.scale.range, heat);
});

test('a heatmap marks what diverged with its step, and what failed or is to come', async () => {
  const { report } = await example({ spec: optimizers, diverged: 0, failed: 3, missing: [6, 7] });
  const rows = rowsOf('heatmap', report);
  assert.deepEqual(column(rows.slice(0, 4), 'note'), ['1/2 ✕ 437', '1/2 failed', '', 'to come']);
  assert.deepEqual(column(rows.slice(0, 4), 'words'), ['1/2 diverged at step 437', '1/2 failed', '', 'to come']);
  assert.equal(rows[3]?.['mean'], null);
  assert.equal(rows[3]?.['text'], '');
  assert.match(figures.heatmap.caption(report, rows), /✕ and a step: diverged there/);
  const { report: calm } = await example({ spec: optimizers, ...all });
  assert.doesNotMatch(figures.heatmap.caption(calm, rowsOf('heatmap', calm)), /✕/);
});

test('a heatmap needs two dimensions besides the length, and a grid; other dimensions are panels', async () => {
  for (const run of ['two lengths', 'a random search', 'no dimension'])
    assert.equal(figures.heatmap.data(await reportOf(run)), undefined, run);
  const rows = rowsOf('heatmap', await reportOf('three dimensions'));
  assert.deepEqual([...new Set(column(rows, 'panel'))], ['length 5', 'length 15']);
});

test('where a smaller objective is better, a smaller one is brighter', async () => {
  const { report } = await example({
    spec: { ...optimizers, objective: { metric: 'loss', goal: 'minimize' } },
    ...all,
  });
  assert.deepEqual(specOf('heatmap', report).layer[0].encoding.color.scale.range, [...heat].reverse());
});

test('colours span a fifth of the metric at least, on the side of the worse values', () => {
  assert.deepEqual(objectiveSpan({ objective: { metric: 'accuracy', goal: 'maximize' } }, [0.1, 0.9]), [0.1, 0.9]);
  assert.deepEqual(objectiveSpan({ objective: { metric: 'accuracy', goal: 'maximize' } }, [0.9975, 1]), [0.8, 1]);
  assert.deepEqual(objectiveSpan({ objective: { metric: 'accuracy', goal: 'minimize' } }, [0.5, 0.5]), [0.5, 0.7]);
  assert.deepEqual(objectiveSpan({ objective: { metric: 'loss', goal: 'minimize' } }, [2, 2.1]), [2, 2.4]);
});

// ---- gradients ----

const flow = (step: number, layers: (number | null)[][], norm: number | null = 1): Observation => ({
  step,
  kind: 'gradient-flow',
  data: { layers, norm },
});
const observations = (...seen: Observation[]) => ({ 'observations.json': JSON.stringify(seen) });

test('gradient flow is the geometric mean over repeats at the first and the last look, with a gap for zero and overflow', async () => {
  const spec: NetworkSweep = { ...small, space: { 'model.cell': { choice: ['rnn', 'lstm'] } } };
  const report = await exampleWith({ spec, ...all }, (index) =>
    index < 2
      ? observations(flow(600, [[0, 2, 5]]), flow(0, [[index === 0 ? 1 : 100, null, 5]]), flow(300, [[7, 7, 7]]))
      : observations(flow(0, [[1, 2, 3]])),
  );
  const rows = rowsOf('gradient-flow', report).map(({ line, when, t, norm, n, alone }) => [
    line,
    when,
    t,
    norm,
    n,
    alone ?? '',
  ]);
  assert.deepEqual(rows, [
    ['rnn', 'start', 1, 10, 2, 'yes'],
    ['rnn', 'start', 2, null, 0, ''],
    ['rnn', 'start', 3, 5, 2, 'yes'],
    ['rnn', 'end', 1, null, 0, ''],
    ['rnn', 'end', 2, 2, 2, ''],
    ['rnn', 'end', 3, 5, 2, ''],
    ['lstm', 'start', 1, 1, 2, ''],
    ['lstm', 'start', 2, 2, 2, ''],
    ['lstm', 'start', 3, 3, 2, ''],
  ]);
  const encoding = specOf('gradient-flow', report).encoding;
  assert.equal(encoding.y.scale.type, 'log');
  assert.deepEqual(encoding.color.scale, { domain: ['rnn', 'lstm'], range: seriesColours(2) });
});

test('gradient flow has a panel for each length and layer', async () => {
  const report = await reportOf('gradients');
  assert.deepEqual(
    [...new Set(column(rowsOf('gradient-flow', report), 'panel'))],
    ['length 5, layer 1', 'length 5, layer 2', 'length 15, layer 1', 'length 15, layer 2'],
  );
});

test('where configurations are too many for panels, the gradients of the best are lines', async () => {
  const spec: NetworkSweep = {
    ...small,
    repeats: 1,
    space: { 'model.hiddenUnits': { from: 1, to: 15, step: 1 }, 'model.cell': { choice: ['rnn', 'lstm'] } },
  };
  const { report } = await example({ spec, observe: ['gradient-flow'], ...all });
  const rows = rowsOf('gradient-flow', report);
  assert.equal(new Set(column(rows, 'line')).size, 6);
  assert.deepEqual([...new Set(column(rows, 'panel'))], ['']);
  assert.equal(specOf('gradient-flow', report).encoding.color.title, 'best');
});

test('ticks of a logarithmic axis are powers of ten, with doubles and quintuples where those are few', () => {
  assert.deepEqual(ticksBetween(3e-12, 0.5), [1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1]);
  assert.deepEqual(ticksBetween(0.02, 4), [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]);
  assert.deepEqual(ticksBetween(1e-7, 1e31), [1e-6, 1, 1e6, 1e12, 1e18, 1e24, 1e30]);
});

test('the gradient table says how much of the gradient is left at the first step, and where trials diverged', async () => {
  const spec: NetworkSweep = { ...small, space: { 'training.clip': { choice: ['off', 'on'] } } };
  const report = await exampleWith({ spec, diverged: 1, failed: -1 }, (index) =>
    index === 1
      ? observations(flow(0, [[4, 2]], 1e8))
      : observations(flow(0, [[1, 2]], 1e4), flow(600, [[1e-9, 1]], null)),
  );
  const { head, rows } = tableOf('gradient-table', report);
  assert.deepEqual(head, ['configuration', 'left, start', 'norm, start', 'left, end', 'norm, end', 'diverged']);
  assert.deepEqual(
    rows.map((row) => row.map(({ text }) => text)),
    [
      ['off', '1', '1.0e6', '1.0e-9', 'not finite', '1 of 2, at step 437'],
      ['on', '0.5', '1.0e4', '1.0e-9', 'not finite', ''],
    ],
  );
});

test('the end of training is that of trials that did not diverge, and captions say so where some did', async () => {
  const spec: NetworkSweep = { ...small, space: {} };
  const said = / The end of training is that of trials that did not diverge\.$/;
  for (const diverged of [0, -1]) {
    const report = await exampleWith({ spec, diverged, failed: -1 }, (index) =>
      observations(flow(0, [[1, 1]]), flow(600, [[index === 0 ? 100 : 4, 1]])),
    );
    const at = (name: 'gradient-flow' | 'gradient-table', text: string) =>
      rowsOf(name, report).filter((row) => Object.values(row).includes(text));
    assert.deepEqual(column(at('gradient-flow', 'end'), 'norm'), diverged === 0 ? [4, 1] : [20, 1]);
    assert.deepEqual(column(at('gradient-table', 'end'), 'first'), diverged === 0 ? [4] : [100, 4]);
    assert.deepEqual(column(at('gradient-table', 'start'), 'first'), [1, 1]);
    for (const name of ['gradient-flow', 'gradient-table'] as const)
      assert.equal(said.test(figures[name].caption(report, rowsOf(name, report))), diverged === 0, name);
  }
});

// ---- gates ----

test('the gate of seed 002: figure 5 as lines, table 1 as a table', async () => {
  const report = await reportOf('gates');
  const rows = rowsOf('gate', report);
  const line = (start: string) =>
    rows.filter((row) => String(row['line']).startsWith(start)).map(({ t, value }) => [t, value]);
  const { t, phi, k } = numbers.phasedGate;
  const printed = (values: number[]) => t.map((at, i) => [at, values[i]]);
  assert.deepEqual(line('φ'), printed(phi));
  assert.deepEqual(line('k'), printed(k));
  const table = tableOf('gate-table', report);
  assert.deepEqual(table.head, ['t', 'φ', 'φ < r_on / 2', 'r_on / 2 ≤ φ < r_on', 'k']);
  assert.deepEqual(table.rows.map((row) => row.map(({ text }) => text)).slice(2, 7), [
    ['3', '0', 'true', 'false', '0.000'],
    ['4', '0.1', 'true', 'false', '0.500'],
    ['5', '0.2', 'false', 'true', '1.000'],
    ['6', '0.3', 'false', 'true', '0.500'],
    ['7', '0.4', 'false', 'false', '0.000'],
  ]);
});

test('a learned gate is shown at both ends of training, with the spread of its units; a long one has no table', async () => {
  const t = Array.from({ length: 61 }, (_, i) => i + 1);
  const gate = (step: number, open: number): Observation => {
    const k = t.map(() => open);
    return {
      step,
      kind: 'gate',
      data: { layer: 1, t, phi: k, k, low: t.map(() => 0.1), high: t.map(() => 0.9), tau: 10, s: 0, rOn: 0.4 },
    };
  };
  const report = await exampleWith({ spec: phased, ...all }, () => observations(gate(0, 0.2), gate(600, 0.6)));
  const rows = rowsOf('gate', report).filter((row) => row['t'] === 1);
  assert.deepEqual(
    rows.map(({ line, value, low, high }) => [line, value, low, high]),
    [
      ['k at the start of training', 0.2, null, null],
      ['φ, place in the period', 0.6, null, null],
      ['k, openness of the gate', 0.6, 0.1, 0.9],
    ],
  );
  assert.match(figures.gate.caption(report, rows), /every unit has its own/);
  assert.equal(figures['gate-table'].data(report), undefined);
});

test('of too many gates the best are shown, and the caption says so', async () => {
  const spec: NetworkSweep = {
    ...phased,
    space: { 'model.tau': { from: 2, to: 10, step: 1 }, 'task.length': { choice: [5, 13] } },
  };
  const { report } = await example({ spec, observe: ['gate'], ...all });
  const rows = rowsOf('gate', report);
  assert.equal(new Set(column(rows, 'panel')).size, 8);
  assert.ok(
    rows.filter(({ panel }) => panel === rows[0]?.['panel']).some(({ t }) => t === 13),
    'of lengths, the longest',
  );
  assert.match(figures.gate.caption(report, rows), /Of 9 settings, the best\./);
});

test('of more gates than a table can hold the first fixed ones are shown whole, and the caption says so', async () => {
  const space = {
    'model.phases': { choice: ['learned', 'fixed'] },
    'model.tau': { choice: [5, 10, 20] },
    'model.s': { choice: [0, 3] },
  };
  const t = Array.from({ length: 19 }, (_, i) => i + 1);
  const gate = (step: number): Observation => ({
    step,
    kind: 'gate',
    data: { layer: 1, t, phi: t.map(() => 0), k: t.map(() => step / 600) },
  });
  const report = await exampleWith({ spec: { ...phased, space }, ...all }, (index) =>
    observations(gate(0), ...(index < 6 ? [gate(600)] : [])),
  );
  const rows = rowsOf('gate-table', report);
  assert.equal(rows.length, 12 * 19, 'its CSV file has all');
  const table = tableOf('gate-table', report);
  assert.equal(table.rows.length, 3 * 19);
  assert.deepEqual(
    [...new Set(table.rows.map((row) => row[0]?.text))],
    ['fixed, tau 5, s 0', 'fixed, tau 5, s 3', 'fixed, tau 10, s 0'],
  );
  assert.match(
    figures['gate-table'].caption(report, rows),
    / Of 12 gates, the first 3; the CSV file has the others\.$/,
  );
  const alone = await reportOf('gates');
  assert.doesNotMatch(figures['gate-table'].caption(alone, rowsOf('gate-table', alone)), /the first/);
});

// ---- texts ----

const hostile = 'a\nb\t<img src=x onerror="hacked=1"> \u0007\u202egnorw\u2028 two  spaces \ud800 | `*_ & </script>';

test('what a network writes is shown whatever it holds', () => {
  assert.equal(visible('a\nb\tc'), 'a↵b⇥c');
  assert.equal(
    visible('\u0007 \u202e \u2028 \u007f \ud800 \u200b'),
    '⟨U+0007⟩ ⟨U+202E⟩ ⟨U+2028⟩ ⟨U+007F⟩ ⟨U+D800⟩ ⟨U+200B⟩',
  );
  assert.equal(visible('Größe 🐋 <b> &'), 'Größe 🐋 <b> &');
  assert.deepEqual([shortened('🐋🐋🐋', 3), shortened('🐋🐋🐋🐋', 3)], ['🐋🐋🐋', '🐋🐋…']);
});

test('a dimension that applies to one cell alone makes two lines of it, not two panels', async () => {
  const bias = { choice: [true, false], when: { 'model.cell': 'gru' } };
  const { report } = await example({
    spec: {
      ...small,
      space: { 'model.cell': { choice: ['rnn', 'gru'] }, 'model.bias': bias, 'task.length': { choice: [5, 15] } },
    },
    ...all,
  });
  const rows = rowsOf('accuracy-by-length', report);
  assert.deepEqual([...new Set(column(rows, 'line'))], ['rnn', 'gru, bias true', 'gru, bias false']);
  assert.deepEqual([...new Set(column(rows, 'panel'))], ['']);
});

test('published numbers stand beside those of the same steps; where there are none, nothing does', async () => {
  const report = await reportOf('published');
  const [first = NaN, second = NaN] = report.trials.map(
    ({ trialId }) => report.input.curves.get(trialId)?.[0]?.metrics['loss'],
  );
  const { head, rows } = tableOf('published', report);
  assert.deepEqual([...head].sort(), [
    'accuracy, ours',
    'accuracy, published',
    'loss, ours',
    'loss, published',
    'step',
  ]);
  const texts = rows.map((row) => Object.fromEntries(row.map(({ text }, i) => [head[i], text])));
  assert.deepEqual(texts, [
    {
      step: '100',
      'accuracy, published': '–',
      'accuracy, ours': '–',
      'loss, published': '2.5',
      'loss, ours': shortText((first + second) / 2),
    },
    { step: '7', 'accuracy, published': '0.500', 'accuracy, ours': '–', 'loss, published': '1.000', 'loss, ours': '–' },
  ]);
});

test('the sweeps of the seeds\u2019 language models have the seeds\u2019 numbers beside theirs', async () => {
  const points = async (name: string) => (await loadSpec(`sweeps/${name}.json`)).report.reference?.points;
  const { rows } = numbers.charLmTable2;
  assert.deepEqual(
    await points('text-temperature-full'),
    rows.map(([step, accuracy, loss]) => ({ step, accuracy, loss })),
  );
  assert.deepEqual(
    await points('text-temperature'),
    rows.filter(([step]) => (step as number) <= 1600).map(([step, accuracy, loss]) => ({ step, accuracy, loss })),
  );
  const { elements, movies } = numbers.namesLm;
  assert.deepEqual(await points('element-names-full'), [
    { step: 0, loss: elements.lossFirst },
    { step: 98_000, loss: elements.lossAt98000 },
  ]);
  assert.deepEqual(await points('movie-titles-full'), [{ step: 68_000, loss: movies.lossLast }]);
  for (const [name, seed] of [
    ['element-names-full', { ...elements, clip: elements.clipValue }],
    ['movie-titles-full', movies],
  ] as const) {
    const { model, training, task } = (await loadSpec(`sweeps/${name}.json`)) as NetworkSweep;
    assert.deepEqual(
      [model.hiddenUnits, training.learningRate, task['samples']],
      [seed.hidden, seed.learningRate, seed.samples],
      name,
    );
  }
});

test('table 2 of seed 002: step, text, accuracy and loss, at most twelve steps with the first and the last', async () => {
  const curve: CurvePoint[] = Array.from({ length: 31 }, (_, i) => ({
    step: 400 * i,
    metrics: { accuracy: i / 100, loss: 4.515 - i / 10 },
  }));
  const report = await exampleWith({ spec: texts, ...all }, (index) => ({
    'metrics.csv': encodeCurve(curve),
    ...observations(
      ...curve.map(({ step }) => ({
        step,
        kind: 'samples' as const,
        data: { texts: [`trial ${index} at ${step} ${'x'.repeat(300)}`, 'two'] },
      })),
    ),
  }));
  const { head, rows } = tableOf('samples-by-step', report);
  assert.deepEqual(head, ['step', 'text', 'accuracy', 'loss']);
  assert.equal(rows.length, 12);
  assert.deepEqual(
    [rows[0], rows[11]].map((row) => [row?.[0]?.text, row?.[2]?.text, row?.[3]?.text]),
    [
      ['0', '0.000', '4.515'],
      ['12,000', '0.300', '1.515'],
    ],
  );
  const written = rows[11]?.[1]?.written ?? [];
  assert.match(written[0]?.text ?? '', /^trial 0 at 12000 x{182}…$/);
  assert.equal(written[1]?.text, 'two');
  // All of it, of both repeats, is in the rows.
  const whole = parse(rowsCsv(rowsOf('samples-by-step', report)), { columns: true }) as Record<string, string>[];
  assert.equal(whole.length, 2 * 31 * 2);
  assert.match(whole.at(-2)?.['text'] ?? '', /^trial 1 at 12000 x{300}$/);
});

test('samples by temperature: texts of one network, prompts before another text of the first, means over repeats', async () => {
  const samples = (index: number): TrialSamples => ({
    sampling: texts.sampling as TrialSamples['sampling'],
    samples: (['greedy', 0.5] as const).flatMap((temperature) =>
      ['p', 'q'].flatMap((prompt) =>
        [1, 2, 3, 4].map((i) => ({ prompt, temperature, length: 30, text: `${index} ${i}` })),
      ),
    ),
    metrics: [
      { temperature: 'greedy', metrics: { distinct2: 0.25 + 0.5 * index } },
      { temperature: 0.5, metrics: { distinct2: 0.125 } },
    ],
  });
  const report = await exampleWith({ spec: texts, ...all }, (index) => ({
    'samples.json': JSON.stringify(samples(index)),
  }));
  const { head, rows } = tableOf('samples-by-temperature', report);
  assert.deepEqual(head, ['temperature', 'text', 'distinct2']);
  assert.deepEqual(
    rows.map((row) => [row[0]?.text, row[2]?.text]),
    [
      ['greedy', '0.500'],
      ['0.5', '0.125'],
    ],
  );
  assert.deepEqual(rows[0]?.[1]?.written, [
    { prompt: 'p', text: '0 1' },
    { prompt: 'q', text: '0 1' },
    { prompt: 'p', text: '0 2' },
    { prompt: 'q', text: '0 2' },
    { prompt: 'p', text: '0 3' },
  ]);
  assert.equal(rows[0]?.[1]?.note, 'and 3 more');
  const whole = rowsOf('samples-by-temperature', report);
  assert.equal(whole.length, 32);
  assert.deepEqual(
    [whole[0]?.['distinct2'], whole.at(-1)?.['distinct2'], whole[16]?.['distinct2']],
    [0.25, 0.125, 0.75],
  );
});

test('what a diverged trial wrote, looked at or gated is neither shown nor averaged', async () => {
  const seen = (index: number): Observation[] => [
    { step: 0, kind: 'samples', data: { texts: [`trial ${index}`] } },
    { step: 0, kind: 'attention', data: { input: ['a'], output: ['A'], weights: [[index]] } },
    { step: 0, kind: 'gate', data: { t: [1], phi: [0], k: [index] } },
  ];
  const samples = (index: number): TrialSamples => ({
    sampling: texts.sampling as TrialSamples['sampling'],
    samples: [{ prompt: '', temperature: 1, length: 30, text: `trial ${index}` }],
    metrics: [{ temperature: 1, metrics: index === 0 ? { distinct2: 0.25, knownWords: 0 } : { distinct2: 0.5 } }],
  });
  const report = await exampleWith({ spec: texts, diverged: 0, failed: -1 }, (index) => ({
    'samples.json': JSON.stringify(samples(index)),
    ...observations(...seen(index)),
  }));
  for (const name of ['samples-by-step', 'samples-by-temperature'] as const) {
    assert.deepEqual(column(rowsOf(name, report), 'text'), ['trial 1'], name);
    const { rows } = tableOf(name, report);
    assert.deepEqual(
      rows.map((row) => row[1]?.written),
      [[{ text: 'trial 1' }]],
      name,
    );
  }
  const { head, rows } = tableOf('samples-by-temperature', report);
  assert.deepEqual([head.slice(2), rows[0]?.[2]?.text], [['distinct2'], '0.500']);
  assert.deepEqual(column(rowsOf('attention', report), 'weight'), [1]);
  assert.deepEqual(column(rowsOf('gate', report), 'value'), [0, 1]);
});

test('of many networks those of the longest length are shown, or else the best', async () => {
  const shown = async (name: 'samples-by-step' | 'samples-by-temperature', path: string) => {
    const spec: NetworkSweep = {
      ...texts,
      space: { 'model.cell': { choice: ['rnn', 'lstm'] }, [path]: { choice: [5, 10, 30] } },
    };
    const { report } = await example({ spec, observe: ['samples'], writes: true, ...all });
    const { head, rows } = tableOf(name, report);
    assert.equal(head[0], 'configuration');
    const best = ranked(report).map(({ configuration }) => labelOf(configuration, report.dimensions));
    return { labels: rows.map((row) => row[0]?.text).filter((text) => text !== ''), best };
  };
  for (const name of ['samples-by-step', 'samples-by-temperature'] as const) {
    assert.deepEqual((await shown(name, 'task.length')).labels, ['rnn, length 30', 'lstm, length 30']);
    const { labels, best } = await shown(name, 'model.hiddenUnits');
    assert.deepEqual(labels, best.slice(0, 4));
  }
});

test('a text is text in the page and in Markdown, whatever it holds', async () => {
  const samples: TrialSamples = {
    sampling: texts.sampling as TrialSamples['sampling'],
    samples: [{ prompt: `${hostile} `, temperature: 1, length: 30, text: hostile }],
    metrics: [],
  };
  const report = await exampleWith(
    { spec: { ...texts, report: { figures: ['samples-by-step', 'samples-by-temperature'] } }, ...all },
    () => ({
      'samples.json': JSON.stringify(samples),
      ...observations({ step: 100, kind: 'samples', data: { texts: [hostile] } }),
    }),
  );
  const files = await builtReport(report.input);
  const [html = ''] = String(files.get('report.html')).split('<script');
  const markup = /(?<!\\)<img|[\u0007\u202e\u2028]/;
  assert.equal(markup.exec(html), null);
  assert.equal(
    html.includes(
      'a↵b⇥&#60;img src=x onerror=&#34;hacked=1&#34;&#62; ⟨U+0007⟩⟨U+202E⟩gnorw⟨U+2028⟩ two  spaces ⟨U+D800⟩ | `*_ &#38; &#60;/script&#62;',
    ),
    true,
  );
  const markdown = String(files.get('report.md'));
  assert.equal(markup.exec(markdown), null);
  assert.equal(
    markdown.includes(
      'a↵b⇥\\<img src=x onerror="hacked=1"\\> ⟨U+0007⟩⟨U+202E⟩gnorw⟨U+2028⟩ two&nbsp; spaces ⟨U+D800⟩ \\| \\`\\*\\_ \\& \\</script\\>',
    ),
    true,
  );
  const bars = markdown
    .split('\n')
    .filter((row) => row.includes('gnorw'))
    .map((row) => row.match(/(?<!\\)\|/g)?.length);
  assert.deepEqual([...new Set(bars)], [5, 3], 'four columns and two');
  const [first] = parse(String(files.get('figures/samples-by-temperature.csv')), { columns: true }) as Record<
    string,
    string
  >[];
  assert.equal(first?.['text'], hostile.replace('\ud800', '\ufffd'), 'half a pair is nothing that a file can hold');
  assert.ok([...files.keys()].every((path) => !path.startsWith('figures/') || path.endsWith('.csv')));
});

// ---- attention ----

test('attention has a row for each weight, of the longest length; a space can be seen', async () => {
  const weights = [
    [0.75, 0.25],
    [0.5, 0.5],
  ];
  const seen = (input: string[]): Observation => ({
    step: 600,
    kind: 'attention',
    data: { input, output: ['A', ' '], weights: weights.map((row) => [...row, ...input.slice(2).map(() => 0)]) },
  });
  const report = await exampleWith(runs['attention'] as ExampleOptions, (index) =>
    observations(seen(index % 6 < 4 ? ['<U>', 'a'] : ['<U>', 'a', ' ', '\n', '"'])),
  );
  const rows = rowsOf('attention', report);
  assert.deepEqual([...new Set(column(rows, 'panel'))], ['dot, length 10', 'additive, length 10']);
  assert.deepEqual(rows.slice(0, 5), [
    { panel: 'dot, length 10', i: 0, j: 0, from: '<U>', to: 'A', weight: 0.75 },
    { panel: 'dot, length 10', i: 0, j: 1, from: 'a', to: 'A', weight: 0.25 },
    { panel: 'dot, length 10', i: 0, j: 2, from: '␣', to: 'A', weight: 0 },
    { panel: 'dot, length 10', i: 0, j: 3, from: '↵', to: 'A', weight: 0 },
    { panel: 'dot, length 10', i: 0, j: 4, from: '"', to: 'A', weight: 0 },
  ]);
  const [chart] = specOf('attention', report).concat;
  assert.equal(chart.encoding.x.axis.labelExpr, '["<U>","a","␣","↵","\\""][datum.value]');
  assert.equal(chart.encoding.y.axis.labelExpr, '["A","␣"][datum.value]');
  const svg = await svgOf(compileFigure(figures.attention.spec(rows, report, 'wide')), rows);
  assert.ok(svg.includes('&lt;U&gt;') && svg.includes('␣'));
});

// ---- parallel coordinates ----

test('parallel coordinates place every value on its axis; the best line comes last, on top', async () => {
  const spec: NetworkSweep = {
    ...small,
    repeats: 1,
    space: {
      'model.cell': { choice: ['rnn', 'gru', 'lstm'] },
      'training.learningRate': { choice: [0.0001, 0.001, 0.1] },
      'task.length': { choice: [5, 15] },
    },
  };
  const { report } = await example({ spec, ...all });
  const rows = rowsOf('parallel-coordinates', report);
  const points = rows.filter(({ kind }) => kind === 'point');
  assert.equal(points.length, 18 * 4);
  const places = (axis: string) =>
    Object.fromEntries(points.filter((row) => row['axis'] === axis).map(({ text, place }) => [text, place]));
  assert.deepEqual(places('cell'), { rnn: 0, gru: 0.5, lstm: 1 });
  // Over two decades, an axis is logarithmic.
  assert.deepEqual(places('learning rate'), { '0.0001': 0, '0.001': 0.3333, '0.1': 1 });
  assert.deepEqual(places('length'), { 5: 0, 15: 1 });
  const means = points.map(({ mean }) => Number(mean));
  assert.equal(means.at(-1), Math.max(...means));
  assert.equal(means[0], Math.min(...means));
  const ticks = rows.filter(({ kind, axis }) => kind === 'tick' && axis === 'mean accuracy').map(({ text }) => text);
  assert.ok(
    ticks.length >= 3 && ticks.length <= 7 && ticks.every((text) => /^[01]\.\d+$/.test(String(text))),
    ticks.join(),
  );
  for (const run of ['two lengths', 'no dimension', 'nothing completed'])
    assert.equal(figures['parallel-coordinates'].data(await reportOf(run)), undefined, run);
});

test('a configuration that a conditional dimension does not apply to has a place of its own, below the values', async () => {
  const report = await reportOf('optimizers');
  const rows = rowsOf('parallel-coordinates', report);
  const placesOn = (kind: string) =>
    Object.fromEntries(
      rows.filter((row) => row['kind'] === kind && row['axis'] === 'momentum').map(({ text, place }) => [text, place]),
    );
  assert.deepEqual(placesOn('tick'), { '–': 0, '0.5': 0.2, '0.9': 1 });
  assert.deepEqual(placesOn('point'), placesOn('tick'));
  const points = rows.filter(({ kind }) => kind === 'point');
  assert.equal(points.length, 6 * 4, 'no line has a gap');
  assert.deepEqual([...new Set(points.filter(({ text }) => text === '–').map(({ line }) => line))].sort(), [
    'sgd, learning rate 0.001',
    'sgd, learning rate 0.1',
  ]);
  const captionOf = (shown: Row[]) => figures['parallel-coordinates'].caption(report, shown);
  assert.match(captionOf(rows), /At – a dimension does not apply\./);
  assert.doesNotMatch(captionOf(points), /–/);
});

test('a line of parallel coordinates goes from each axis to the next, whatever their names', async () => {
  const space = {
    'training.learningRate': { choice: [0.1, 0.001] },
    'model.cell': { choice: ['rnn', 'lstm'] },
    'task.blank': { choice: [0, 1] },
  };
  const { report } = await example({ spec: { ...small, space }, ...all });
  const rows = rowsOf('parallel-coordinates', report);
  const points = /d="(M[^"Z]*(?:L[^"Z]*){3})"/g;
  for (const room of ['wide', 'narrow'] as const) {
    const svg = await svgOf(compileFigure((figures['parallel-coordinates'] as Figure).spec(rows, report, room)), rows);
    const lines = [...svg.matchAll(points)].map(([, path = '']) =>
      path
        .slice(1)
        .split('L')
        .map((point) => Number(point.split(',')[room === 'wide' ? 0 : 1])),
    );
    assert.equal(lines.length, 8);
    for (const line of lines)
      assert.deepEqual(
        line,
        [...line].sort((a, b) => a - b),
        room,
      );
  }
});

// ---- timeline ----

test('a timeline gives each trial the first free row of its worker, and leaves out what came from the cache', async () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 20, 10, 0, seconds)).toISOString();
  const times: [from: number, to: number, worker: string][] = [
    [1, 4, 'a'],
    [2, 3, 'a'],
    [3, 9, 'a'],
    [4, 6, 'a'],
    [2, 5, 'b'],
    [-7200, -7100, 'a'],
  ];
  const spec: NetworkSweep = { ...small, space: { 'task.length': { choice: [5, 10, 15] } } };
  const report = await exampleWith({ spec, diverged: 1, failed: -1 }, (index) => {
    const [from, to, worker] = times[index] as (typeof times)[number];
    return {
      'timing.json': JSON.stringify({ seconds: to - from, attempts: 1, worker, startedAt: at(from), endedAt: at(to) }),
    };
  });
  const rows = rowsOf('timeline', report);
  assert.deepEqual(
    rows.map(({ row, trial, status, from, to }) => [row, trial, status, from, to]),
    [
      ['a 1', 'length 5, repeat 1', 'completed', 0, 3],
      ['a 2', 'length 5, repeat 2', 'diverged', 1, 2],
      ['b 1', 'length 15, repeat 1', 'completed', 1, 4],
      ['a 2', 'length 10, repeat 1', 'completed', 2, 8],
      ['a 1', 'length 10, repeat 2', 'completed', 3, 5],
    ],
  );
  assert.match(figures.timeline.caption(report, rows), /from 2026-11-20 10:00:01 UTC\..* 1 trial came from the cache/);
  const { encoding } = specOf('timeline', report);
  assert.deepEqual(encoding.y.sort, ['a 1', 'a 2', 'b 1']);
  assert.deepEqual(encoding.color.scale.domain, ['completed', 'diverged']);
});

test('rows of a timeline are numbered, and no slots: lanes of a pack run at the same time in one', async () => {
  const report = await exampleWith({ spec: { ...small, space: {}, repeats: 3 }, ...all }, () => ({
    'timing.json': JSON.stringify({
      seconds: 1,
      attempts: 1,
      worker: 'a',
      startedAt: '2026-11-20T10:00:00Z',
      endedAt: '2026-11-20T10:00:03Z',
    }),
  }));
  const rows = rowsOf('timeline', report);
  assert.deepEqual(column(rows, 'row'), ['1', '2', '3']);
  assert.match(
    figures.timeline.caption(report, rows),
    /trained at the same time: in other slots, or side by side as lanes of a pack\./,
  );
});

// ---- the data files ----

/** Short enough to be compared line by line when a test fails. */
const hashesOf = (files: Map<string, string | Uint8Array>) =>
  [...files].map(([path, content]) => `${path} ${createHash('sha256').update(content).digest('hex')}`).join('\n');

const rich: ExampleOptions = {
  spec: {
    ...texts,
    space: { 'task.length': { choice: [5, 10] } },
    report: { figures: ['gradient-flow', 'samples-by-step', 'samples-by-temperature'] },
  },
  observe: ['samples', 'gradient-flow', 'gate', 'attention'],
  writes: true,
  ...all,
};

test('observations and samples are in the manifest; the report is the same whatever the order of completion', async () => {
  const { report } = await example(rich);
  const files = await builtReport(report.input);
  const { trialId } = trialAt(report.input.spec, 0);
  const data = Object.keys(JSON.parse(String(files.get('provenance.json'))).data);
  for (const file of ['observations.json', 'samples.json']) assert.ok(data.includes(`trials/${trialId}/${file}`));
  const backwards = await example({
    ...rich,
    order: (count) => Array.from({ length: count }, (_, i) => count - 1 - i),
  });
  assert.equal(hashesOf(await builtReport(backwards.report.input)), hashesOf(files));
});

test('verification names an observation or a sample that has changed, gone or come', async () => {
  const { store, sweepId, report } = await example(rich);
  await writeReport(store, sweepId);
  assert.equal((await verifyReport(store, sweepId)).ok, true);
  const { trialId } = trialAt(report.input.spec, 0);
  for (const [file, table] of [
    ['observations.json', 'figures/samples-by-step.csv'],
    ['samples.json', 'figures/samples-by-temperature.csv'],
  ] as const) {
    const key = `${sweepId}/trials/${trialId}/${file}`;
    const bytes = (await store.get(key)) as Uint8Array;
    const named = async () => {
      const { ok, data, report: built } = await verifyReport(store, sweepId);
      assert.equal(ok, false);
      const lines = [...data, ...built]
        .filter(({ state }) => state !== 'equal')
        .map(({ path, state }) => `${state} ${path}`);
      assert.ok(lines.includes(`changed ${table}`), lines.join());
      return lines;
    };
    await store.put(
      key,
      Buffer.from(bytes)
        .toString()
        .replace('"text', ' "text')
        .replace(/(the|whale|king|said)/, 'moby'),
    );
    assert.ok((await named()).includes(`changed trials/${trialId}/${file}`));
    await store.remove(key);
    assert.ok((await named()).includes(`missing trials/${trialId}/${file}`));
    await store.put(key, bytes);
  }
  assert.equal((await verifyReport(store, sweepId)).ok, true);
});

test('observations and samples that are not what they should be are named', async () => {
  const { store, sweepId, report } = await example(rich);
  const { trialId } = trialAt(report.input.spec, 0);
  const broken: [file: string, content: unknown, problem: RegExp][] = [
    ['observations.json', {}, /observations\.json: /],
    ['observations.json', [{ step: 0, kind: 'dreams', data: {} }], /observations\.json: 0\.kind /],
    [
      'observations.json',
      [{ step: 0, kind: 'samples', data: { texts: [1] } }],
      /observations\.json: 0\.data\.texts\.0 /,
    ],
    [
      'observations.json',
      [{ step: 0, kind: 'gate', data: { t: [1, 2], phi: [0, 0], k: [0] } }],
      /observations\.json: 0\.data not of equal lengths/,
    ],
    [
      'observations.json',
      [{ step: 0, kind: 'attention', data: { input: ['a'], output: ['b'], weights: [[1, 0]] } }],
      /weights are not \[output, input\]/,
    ],
    ['samples.json', { samples: [] }, /samples\.json: /],
    [
      'samples.json',
      { sampling: {}, samples: [{ prompt: '', text: '', temperature: 'cold', length: 1 }], metrics: [] },
      /samples\.0\.temperature/,
    ],
  ];
  for (const [file, content, problem] of broken) {
    const key = `${sweepId}/trials/${trialId}/${file}`;
    const before = (await store.get(key)) as Uint8Array;
    await store.put(key, JSON.stringify(content));
    await assert.rejects(readRun(store, sweepId), problem);
    await store.put(key, before);
  }
});

test('a figure that shows the same less clearly gives way; one that is asked for does not', async () => {
  const named = async (spec: NetworkSweep) =>
    chooseFigures((await example({ spec, ...all })).report).map(({ name }) => name);
  assert.deepEqual(await named(optimizers), [
    'accuracy-curves',
    'loss-curves',
    'heatmap',
    'parallel-coordinates',
    'timeline',
  ]);
  assert.deepEqual(await named({ ...optimizers, report: { figures: ['metric-by-dimension'] } }), [
    'metric-by-dimension',
  ]);
  assert.deepEqual(await named({ ...texts, space: { 'model.hiddenUnits': { choice: [8, 16] } } }), [
    'accuracy-curves',
    'loss-curves',
    'metric-by-dimension',
    'timeline',
  ]);
});
