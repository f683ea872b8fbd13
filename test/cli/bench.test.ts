/**
 * The benchmark's arithmetic, what it refuses to compare, and that it runs. No test here looks at how long anything
 * took.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { thisMachine, type Machine } from '../../bench/machine.ts';
import { alone, changesSince, comparable, sideBySide, type BenchResult, type Measurement } from '../../bench/result.ts';
import { quantile, ratiosOf, spreadOf } from '../../bench/statistics.ts';
import { UserError } from '../../core/errors.ts';
import { gaps } from '../../bench/trials.ts';
import { findNative, hasNvidiaGpu } from '../../setup/tensorflow.ts';

const run = promisify(execFile);

test('quartiles lie between neighbours in proportion', () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { n: 4, median: 2.5, q1: 1.75, q3: 3.25 });
  assert.deepEqual(spreadOf([7]), { n: 1, median: 7, q1: 7, q3: 7 });
  assert.equal(quantile([0, 10], 0.9), 9);
  assert.throws(() => spreadOf([]), RangeError);
});

test('ratios are those of one round, so a slow round does not move them', () => {
  const [a, b] = [
    [2, 20, 2],
    [1, 10, 1],
  ];
  assert.deepEqual(ratiosOf(a, b), [2, 2, 2]);
  assert.throws(() => ratiosOf([1, 2], [1]), RangeError);
  const [first, second] = sideBySide(
    ['rnn'],
    'ms',
    new Map([
      ['a', a],
      ['b', b],
    ]),
    'b',
  );
  assert.deepEqual(first, {
    of: ['rnn', 'a'],
    unit: 'ms',
    n: 3,
    median: 2,
    q1: 2,
    q3: 11,
    ratio: { to: 'b', n: 3, median: 2, q1: 2, q3: 2 },
  });
  assert.equal(second?.ratio, undefined);
});

test('what was not measured beside anything has no ratio', () => {
  assert.deepEqual(
    sideBySide(['rnn'], 'ms', new Map([['eager', [1]]]), 'replayed').map(({ ratio }) => ratio),
    [undefined],
  );
});

test('ours stands beside the fastest of its rivals, by their medians', () => {
  const rounds = new Map([
    ['replayed', [3, 6]],
    ['jax scan', [5, 7]],
    ['jax unrolled', [4, 6]],
    ['pytorch', [1, 100]],
  ]);
  const rivals = new Map([['replayed', ['jax scan', 'pytorch', 'jax unrolled']]]);
  const [ours, ...others] = sideBySide(['rnn'], 'ms', rounds, 'replayed', rivals);
  assert.deepEqual(ours?.best, { to: 'jax unrolled', n: 2, median: 0.875, q1: 0.8125, q3: 0.9375 });
  assert.equal(ours.ratio, undefined);
  assert.deepEqual(
    others.map(({ best, ratio }) => [best, ratio?.to]),
    [
      [undefined, 'replayed'],
      [undefined, 'replayed'],
      [undefined, 'replayed'],
    ],
  );
});

const machine: Machine = { processor: 'Analytical Engine', cores: 2, memory: 1, platform: 'brass x64' };
const result = (measurements: Measurement[], on = machine): BenchResult => ({
  bench: 'step',
  at: '1843-07-10T00:00:00.000Z',
  machine: on,
  load: [0, 0],
  versions: {},
  options: {},
  measurements,
  notes: [],
});

test('changes are of what both measured', () => {
  const before = result([alone(['rnn', 'eager'], 'ms', [4]), alone(['gru', 'eager'], 'ms', [9])]);
  const now = result([alone(['rnn', 'eager'], 'ms', [2]), alone(['lstm', 'eager'], 'ms', [8])]);
  assert.equal(comparable(before, 'step', machine, 'a.json'), before);
  assert.deepEqual(changesSince(before, now), [{ of: ['rnn', 'eager'], unit: 'ms', before: 4, now: 2, ratio: 0.5 }]);
});

test('results of another machine or benchmark, and other files, are refused in one line', () => {
  const refusal = (earlier: unknown, bench: BenchResult['bench'] = 'step'): string => {
    try {
      comparable(earlier, bench, machine, 'a.json');
    } catch (error) {
      assert.ok(error instanceof UserError && error.exitCode === 2);
      assert.doesNotMatch(error.message, /\n/);
      return error.message;
    }
    return assert.fail('not refused');
  };
  assert.match(
    refusal(result([], { ...machine, cores: 4 })),
    /a\.json: it was measured on another machine \(4 × Analytical.*this one is 2 × Analytical/,
  );
  assert.match(refusal(result([]), 'sweep'), /a\.json: it is of sweep bench step; allowed: one of sweep bench sweep/);
  for (const other of [null, 3, [], {}, { bench: 'step' }])
    assert.match(refusal(other), /a\.json: it is not what sweep bench --json printed/);
});

test('a slot is free from the end of its trial to the start of the next one, which goes where it was free for longest', () => {
  const at = (start: number, end: number) => ({
    startedAt: new Date(start).toISOString(),
    endedAt: new Date(end).toISOString(),
  });
  assert.deepEqual(gaps([at(0, 100), at(110, 200), at(230, 300)], 1), [10, 30]);
  assert.deepEqual(gaps([at(230, 300), at(0, 100), at(10, 220), at(105, 200)], 2), [5, 30]);
  assert.deepEqual(gaps([at(0, 100)], 1), []);
});

const BIN = fileURLToPath(new URL('../../cli/bin.js', import.meta.url));
const skip = (await findNative()) ? false : 'native TensorFlow is not installed: sweep setup';

test(
  'a training step is measured operation by operation, replayed and packed, with the same losses',
  { skip },
  async () => {
    const args = [
      'bench',
      'step',
      '--alone',
      '--rounds',
      '1',
      '--cells',
      'lstm',
      '--lengths',
      '3',
      '--batch',
      '4',
      '--hidden',
      '5',
      '--lanes',
      '1,2',
      '--json',
    ];
    const { stdout } = await run(process.execPath, [BIN, ...args]);
    const { measurements, versions, machine: here } = JSON.parse(stdout) as BenchResult;
    assert.deepEqual(here, thisMachine());
    assert.ok(versions['tensorflow']);
    assert.deepEqual(
      measurements.map(({ of, unit, n }) => [of.at(-1), unit, n]),
      [
        ['eager', 'ms', 1],
        ['replayed', 'ms', 1],
        ['packed, 2 lanes', 'ms', 1],
      ],
    );
    for (const { median } of measurements) assert.ok(median > 0);
    assert.equal(measurements[0]?.ratio?.to, 'replayed');
  },
);

test('another rival that is not known is refused in one line, before anything is measured', async () => {
  const args = ['bench', 'step', '--others', 'jax-scan,numpy'];
  const { code, stdout, stderr } = (await run(process.execPath, [BIN, ...args]).catch(
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, code: error.code }),
  )) as { code?: number; stdout: string; stderr: string };
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(
    stderr,
    /^error: there is no --others "numpy"; there are pytorch, pytorch-compiled, jax-scan, jax-unrolled\n$/,
  );
});

const withGpu = hasNvidiaGpu() ? 'there is a GPU here' : false;
test('without a GPU its benchmark says so in one line, and fails', { skip: withGpu }, async () => {
  type Ended = { code?: number; stdout: string; stderr: string };
  const { code, stdout, stderr }: Ended = await run(process.execPath, [BIN, 'bench', 'gpu']).catch(
    (error: Ended) => error,
  );
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^error: there is no NVIDIA GPU here .*: nothing was measured\n$/);
});

test('a file of another machine is refused before anything is measured', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-bench-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'earlier.json');
  await writeFile(file, JSON.stringify(result([])));
  type Ended = { code?: number; stdout: string; stderr: string };
  const { code, stdout, stderr }: Ended = await run(process.execPath, [BIN, 'bench', 'step', '--compare', file]).catch(
    (error: Ended) => error,
  );
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^error: --compare .* was measured on another machine .*\n$/);
});
