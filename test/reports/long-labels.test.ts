/** A label of hundreds of characters is cut in pictures, which keep their size, and whole in what the pointer shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkSweep } from '../../core/spec.ts';
import { chooseFigures, isTable } from '../../reports/figures/index.ts';
import { readRun } from '../../reports/input.ts';
import { modelOf } from '../../reports/model.ts';
import { compileFigure, svgOf } from '../../reports/render.ts';
import { cutLabel, cutLabels } from '../../reports/visible.ts';
import { exampleSpec, memoryStore, writeExampleRun } from '../support/example-run.ts';

const long = (end: string) => `${end}${'abcdefghi '.repeat(40)}${end}`;
const spaces: Record<string, Partial<NetworkSweep>> = {
  'by length': {
    space: {
      'model.cell': { choice: ['rnn', 'lstm'] },
      'task.mark': { choice: [long('x'), long('y')] },
      'task.length': { choice: [5, 15] },
    },
  },
  'as lines': { space: { 'task.mark': { choice: [long('x'), long('y'), 'z'] }, 'task.length': { choice: [5, 15] } } },
  'in a grid': {
    space: {
      'task.mark': { choice: [long('x'), long('y')] },
      'task.other': { choice: [long('a'), 'b'] },
      'training.learningRate': { choice: [0.1, 0.2] },
    },
  },
};

for (const [name, more] of Object.entries(spaces)) {
  test(`no picture is wide, and each says the whole label where it cuts one: ${name}`, async () => {
    const store = memoryStore();
    const sweepId = await writeExampleRun(store, {
      spec: { ...exampleSpec, repeats: 1, ...more },
      diverged: -1,
      failed: -1,
      observe: ['attention', 'gradient-flow'],
    });
    const report = modelOf(await readRun(store, sweepId));
    const drawings = chooseFigures(report).flatMap(({ name: title, figure, rows }) =>
      isTable(figure) ? [] : [{ title, figure, rows }],
    );
    assert.ok(drawings.length >= 4);
    for (const { title, figure, rows } of drawings) {
      for (const [room, most] of [
        ['wide', 950],
        ['narrow', 650],
      ] as const) {
        const svg = await svgOf(compileFigure(figure.spec(rows, report, room)), rows);
        const width = Number(/width="(\d+)"/.exec(svg)?.[1]);
        assert.ok(width <= most, `${title}, ${room}: ${width} pixels`);
        assert.doesNotMatch(svg.replace(/ aria-[a-z]+="[^"]*"/g, ''), />[^<]{120,}</, `${title}, ${room}`);
      }
      if (title === 'timeline') continue; // its labels are workers
      const tips = [
        ...JSON.stringify(figure.spec(rows, report, 'wide')).matchAll(
          /"field":"(\w+)","title":"(?:configuration|mark)"/g,
        ),
      ].map(([, field]) => field as string);
      assert.ok(
        rows.some((row) => tips.some((field) => String(row[field]).includes(long('x')))),
        `${title} shows the whole label to the pointer`,
      );
    }
  });
}

test('a label that vega cuts at the limit of its legend takes no more room than that', async () => {
  const marks = ['x', 'y'].map((c) => `${c}${'W'.repeat(79)}`);
  const store = memoryStore();
  const spec = {
    ...exampleSpec,
    repeats: 1,
    space: { 'task.mark': { choice: marks } },
    report: { figures: ['loss-curves'] },
  };
  const sweepId = await writeExampleRun(store, { spec, diverged: -1, failed: -1 });
  const report = modelOf(await readRun(store, sweepId));
  const [drawing] = chooseFigures(report);
  assert.ok(drawing !== undefined && !isTable(drawing.figure));
  const svg = await svgOf(compileFigure(drawing.figure.spec(drawing.rows, report, 'wide')), drawing.rows);
  assert.match(svg, /xW+…/);
  assert.ok(Number(/width="(\d+)"/.exec(svg)?.[1]) <= 950);
});

test('labels that are alike when cut stay apart', () => {
  const cut = cutLabels([`${long('x')}1`, `${long('x')}1`, `x${'abcdefghi '.repeat(41)}x1`, 'short']);
  const names = [`${long('x')}1`, `x${'abcdefghi '.repeat(41)}x1`, 'short'].map(cut);
  assert.equal(new Set(names).size, 3);
  assert.equal(names[2], 'short');
  assert.equal(cutLabel('x'.repeat(80)), 'x'.repeat(80));
  assert.ok([...cutLabel('é'.repeat(81))].length < 30);
});
