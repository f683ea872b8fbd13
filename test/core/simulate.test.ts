import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { Json } from '../../core/json.ts';
import { countTrials } from '../../core/plan.ts';
import { searches } from '../../core/search/index.ts';
import { schedulers, settingOf, type RungReport, type Scheduler } from '../../core/schedulers/index.ts';
import { Heap } from '../../core/simulate/heap.ts';
import { recordedCurves, type Curves, type RecordedTrial } from '../../core/simulate/curves.ts';
import { simulate } from '../../core/simulate/index.ts';
import { syntheticCurves } from '../../core/simulate/synthetic.ts';
import type { NetworkSweep } from '../../core/spec.ts';
import { sweepSpec } from '../support/sweep-spec.ts';

const specOf = (trials: number, changes: Partial<NetworkSweep> = {}) =>
  sweepSpec(
    {
      'training.learningRate': { logUniform: [1e-4, 1] },
      'model.hiddenUnits': { int: [8, 512] },
      'model.cell': { choice: ['rnn', 'lstm', 'gru'] },
    },
    { search: { name: 'random', trials }, repeats: 2, ...changes },
  );
const run = (spec: NetworkSweep, scheduler: Scheduler, workers: number, curves: Curves = syntheticCurves(spec)) => {
  const reports: RungReport[] = [];
  const outcome = simulate(spec, {
    scheduler,
    setting: { ...settingOf(spec), options: {} },
    curves,
    workers,
    onReport: (report) => reports.push(report),
  });
  return { outcome, reports };
};

test('a heap gives what it has in order', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 3 })), (steps) => {
      // a number goes in, null takes the least out
      const heap = new Heap<number>((a, b) => a < b);
      const plain: number[] = [];
      for (const step of [...steps, ...steps.map(() => null)]) {
        if (step === null) assert.equal(heap.pop(), plain.sort((a, b) => a - b).shift());
        else {
          heap.push(step);
          plain.push(step);
        }
        assert.equal(heap.size, plain.length);
      }
    }),
    { numRuns: 300 },
  );
});

test('made-up curves fall like learning curves, the same every time, and some diverge for good', () => {
  const spec = specOf(200, { objective: { metric: 'loss', goal: 'minimize' } });
  const curves = syntheticCurves(spec);
  let diverged = 0;
  for (let i = 0; i < 200; i++) {
    const point = { 'training.learningRate': 10 ** -(1 + (i % 3)), 'model.hiddenUnits': 8 + i, 'model.cell': 'gru' };
    const course = curves.course(i, 0, point);
    const moments = [0, 100, 1000, 10_000, 20_000].map((step) => course.after(step));
    assert.deepEqual(syntheticCurves(spec).course(i, 0, point).after(1000), moments[2]);
    const lost = moments.findIndex(({ value }) => value === null);
    if (lost >= 0) {
      diverged++;
      assert.ok(moments.slice(lost).every(({ value, ended, steps }) => value === null && ended && steps <= 10_000));
    } else {
      assert.deepEqual(
        moments.map(({ ended }) => ended),
        [false, false, false, true, true],
      );
      assert.equal(moments[4]?.steps, 10_000);
      const values = moments.map(({ value }) => value as number);
      assert.ok(values.every((v) => v >= 0 && v <= 1));
      assert.ok((values[0] as number) > (values[3] as number), values.join(' '));
    }
  }
  assert.ok(diverged > 0 && diverged < 20, `${diverged} of 200 diverged`);
});

test('one worker and full take every step of every trial, one after the other', () => {
  // Two configurations of two repeats: 0 ends by itself at step 50 in one repeat, 1 diverges at step 30 in the other.
  const trials = [
    {
      status: 'completed',
      steps: 50,
      curve: [
        { step: 0, metrics: { accuracy: 0 } },
        { step: 50, metrics: { accuracy: 0.9 } },
      ],
      stepTime: 2,
    },
    { status: 'completed', steps: 100, curve: [{ step: 100, metrics: { accuracy: 0.7 } }] },
    { status: 'completed', steps: 100, curve: [{ step: 100, metrics: { accuracy: 1 } }] },
    { status: 'diverged', steps: 30, curve: [{ step: 10, metrics: { accuracy: 0.99 } }] },
  ] as const;
  const spec = sweepSpec(
    { 'model.cell': { choice: ['rnn', 'lstm'] } },
    { repeats: 2, training: { ...sweepSpec({}).training, maxSteps: 100, evaluateEvery: 10 } },
  );
  const curves = recordedCurves(
    (c, r) => ({ ...trials[2 * c + r], curve: [...(trials[2 * c + r]?.curve ?? [])] }) as never,
    'accuracy',
    'by hand',
  );
  const { outcome, reports } = run(spec, schedulers.full, 1, curves);
  assert.deepEqual(
    reports.map(({ configuration, value, ended }) => [configuration, value, ended]),
    [
      [0, 0.8, true],
      [1, null, true],
    ],
  );
  assert.deepEqual(outcome, {
    configurations: 2,
    trials: 4,
    steps: 280,
    fullSteps: 280,
    makespan: 330,
    completed: 1,
    best: { configuration: 0, value: 0.8 },
    found: { configuration: 0, value: 0.8, at: 200 },
  });
  assert.equal(run(spec, schedulers.full, 4, curves).outcome.makespan, 100, 'side by side');
});

for (const [name, scheduler] of Object.entries<Scheduler>(schedulers)) {
  test(`${name}: a thousand workers, and the same again`, () => {
    const spec = specOf(600);
    const { outcome, reports } = run(spec, scheduler, 1000);
    assert.equal(outcome.trials, 1200);
    assert.ok(outcome.completed > 0 && outcome.best !== undefined);
    assert.ok(
      scheduler.wholeTrials ? outcome.steps === outcome.fullSteps : outcome.steps < outcome.fullSteps,
      `${outcome.steps} of ${outcome.fullSteps}`,
    );
    assert.deepEqual(run(spec, scheduler, 1000), { outcome, reports });
  });
}

test('a search that learns is simulated too, and learns', () => {
  const options = { name: 'tpe', trials: 40, startup: 10, candidates: 24, gamma: 0.15 };
  const late = (spec: NetworkSweep) => {
    const { reports } = run(spec, schedulers.full, 4);
    const values = reports.filter(({ configuration }) => configuration >= 20).map(({ value }) => value ?? 0);
    return values.reduce((sum, x) => sum + x, 0) / values.length;
  };
  assert.ok(
    late(specOf(40, { search: options })) > late(specOf(40)) + 0.05,
    'what it tries later is better than what chance tries',
  );
});

/** What a trial is known by whatever version trained it: its values. */
const keyOf = ({ repeat, ...row }: Record<string, Json | undefined>) =>
  [...['model.cell', 'training.optimizer', 'training.learningRate'].map((path) => row[path]), repeat].join(' ');

/** Curves of a sweep that was trained; see the fixture's README. */
async function shipped(): Promise<{ spec: NetworkSweep; trials: Map<string, RecordedTrial> }> {
  const read = (name: string) => readFile(new URL(`../fixtures/palindrome-search/${name}`, import.meta.url), 'utf8');
  const [spec, results, curves] = (await Promise.all(['sweep.json', 'results.csv', 'curves.csv'].map(read))) as [
    string,
    string,
    string,
  ];
  const byId = new Map<string, RecordedTrial>();
  const trials = new Map<string, RecordedTrial>();
  for (const { trial, repeat, status, steps, ...row } of parse(results, { columns: true }) as Record<
    string,
    string
  >[]) {
    const recorded: RecordedTrial = { status: status as RecordedTrial['status'], steps: Number(steps), curve: [] };
    byId.set(String(trial), recorded);
    trials.set(keyOf({ ...row, repeat }), recorded);
  }
  for (const { trial, step, accuracy, loss } of parse(curves, { columns: true }) as Record<string, string>[]) {
    byId
      .get(String(trial))
      ?.curve.push({ step: Number(step), metrics: { accuracy: Number(accuracy), loss: Number(loss) } });
  }
  return { spec: JSON.parse(spec) as NetworkSweep, trials };
}

for (const metric of ['accuracy', 'loss']) {
  test(`on curves that were recorded, asha trains the best configuration by ${metric} to its end, in a third of the steps at most`, async () => {
    const { spec: given, trials } = await shipped();
    const spec: NetworkSweep = { ...given, objective: { metric, goal: metric === 'loss' ? 'minimize' : 'maximize' } };
    assert.equal(trials.size, countTrials(spec));
    const find = (c: number, r: number) =>
      trials.get(keyOf({ ...searches.random.at(spec, c), repeat: r + 1 })) as RecordedTrial;
    const curves = recordedCurves(find, metric, 'recorded');
    for (const workers of [1, 4, 16, 64]) {
      const {
        outcome: { best, found, steps, fullSteps },
        reports,
      } = run(spec, schedulers.asha, workers, curves);
      assert.equal(fullSteps, 72 * 2700);
      assert.ok(steps <= fullSteps / 3, `${workers} workers: ${steps} of ${fullSteps} steps`);
      const top = reports.filter(({ toStep }) => toStep === 2700);
      // Several solve the task wholly, so that the best accuracy is that of several.
      assert.ok(
        top.some(({ value }) => value === best?.value),
        `${workers} workers: ${JSON.stringify({ best, top })}`,
      );
      assert.equal(found?.value, best?.value);
    }
  });
}

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
const sweepFile = (name: string) => fileURLToPath(new URL(`../../sweeps/${name}.json`, import.meta.url));
async function cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test('sweep simulate compares the schedulers, writes nothing, and refuses what it does not know', async (t) => {
  const runs = await mkdtemp(join(tmpdir(), 'sweep-simulate-'));
  t.after(() => rm(runs, { recursive: true }));
  const { code, stdout, stderr } = await cli(
    'simulate',
    sweepFile('palindrome-search'),
    '--workers',
    '64',
    '--json',
    '--runs',
    runs,
  );
  assert.equal(code, 0, stderr);
  const { rows, workers } = JSON.parse(stdout) as {
    workers: number;
    rows: { scheduler: string; share: number; trials: number; regret: number }[];
  };
  assert.equal(workers, 64);
  assert.deepEqual(
    rows.map(({ scheduler }) => scheduler),
    Object.keys(schedulers),
  );
  assert.deepEqual(
    rows.map(({ trials }) => trials),
    rows.map(() => 72),
  );
  assert.deepEqual(
    rows.map(({ share }) => share === 1),
    rows.map(({ scheduler }) => (schedulers as Record<string, Scheduler>)[scheduler]?.wholeTrials),
  );
  const table = await cli(
    'simulate',
    sweepFile('palindrome-search'),
    '--scheduler',
    'asha',
    '--set',
    'search.trials=9',
    '--runs',
    runs,
  );
  assert.match(
    table.stdout,
    /9 configurations × 2 repeats, 8 workers, curves made-up power laws\n\n {2}scheduler .*\n {2}asha .* % /,
  );
  assert.deepEqual(await readdir(runs), []);
  const unknown = await cli('simulate', sweepFile('palindrome-search'), '--scheduler', 'ahsa', '--runs', runs);
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [2, 'error: --scheduler ahsa: allowed: asha, full, hyperband, median (did you mean "asha"?)\n'],
  );
});
