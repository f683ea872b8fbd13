/** What the displays show of a sweep, from a simulated one and a clock that the test turns. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { jsonDisplay } from '../../cli/ui/json.ts';
import { liveDisplay, region } from '../../cli/ui/live.ts';
import { plainDisplay } from '../../cli/ui/plain.ts';
import { expectedSeconds, secondsLeft, smooth } from '../../orchestrate/eta.ts';
import { bar, closingLines, frame, openingLines, progressLine, reportingText } from '../../cli/ui/progress.ts';
import { resultsTable } from '../../cli/ui/results-table.ts';
import { spaceCounts } from '../../cli/ui/space.ts';
import { styleOf, styleWith } from '../../cli/ui/style.ts';
import { table } from '../../cli/ui/table.ts';
import { clean, duration, metricValue } from '../../cli/ui/text.ts';
import { track, type ViewUpdate } from '../../orchestrate/track.ts';
import type { View } from '../../orchestrate/view.ts';
import type { Dimension } from '../../core/space/index.ts';
import { openStore } from '../../store/index.ts';
import type { Store } from '../../store/types.ts';
import { exampleSpec } from '../support/example-run.ts';
import { Screen } from '../support/screen.ts';
import { simulate, type Simulation } from '../support/simulated-sweep.ts';

const unicode = styleWith({ unicode: true, colors: false });
const ascii = styleWith({ unicode: false, colors: false });
const colored = styleWith({ unicode: true, colors: true });

let folder: string;
let store: Store;
after(() => rm(folder, { recursive: true }));

/** All that a display is told of a simulated sweep of 42 trials; the sweep begins at time 0. */
async function watched(sweepId: string, options: Partial<Simulation> = {}): Promise<ViewUpdate[]> {
  const clock = { ms: 0 };
  const snapshots = simulate({
    spec: exampleSpec,
    sweepId,
    store,
    slots: 2,
    tick: 10,
    failing: [20],
    diverging: [13],
    ...options,
    beforeSnapshot: (elapsed) => {
      clock.ms = elapsed * 1000;
    },
  });
  const seen: ViewUpdate[] = [];
  for await (const one of track({ spec: exampleSpec, store, snapshots, began: 0, now: () => clock.ms })) seen.push(one);
  return seen;
}

let seen: ViewUpdate[];
let middle: View;
let last: View;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-display-'));
  store = openStore(folder);
  seen = await watched('example');
  middle = (seen[Math.floor(seen.length / 2)] as ViewUpdate).view;
  last = (seen.at(-1) as ViewUpdate).view;
});

describe('tracking', () => {
  test('every trial ends once, in the words of its label', () => {
    const ended = seen.flatMap((one) => one.ended);
    assert.equal(ended.length, 42);
    assert.equal(new Set(ended.map(({ label }) => label)).size, 42);
    assert.deepEqual(
      ended.filter(({ status }) => status !== 'completed').map(({ label, status }) => [label, status]),
      [
        ['rnn length 25 seed 2', 'diverged'],
        ['rnn length 35 seed 3', 'failed'],
      ],
    );
  });

  test('the table fills up to the means of the completed repeats', () => {
    assert.equal(
      seen[0]?.view.summary.reduce((sum, { n }) => sum + n, 0),
      0,
    );
    assert.equal(
      last.summary.reduce((sum, { n }) => sum + n, 0),
      40,
    );
    assert.deepEqual(
      last.summary.map(({ missing }) => missing),
      Array(14).fill(0),
    );
  });

  test('what is left is unknown until a trial has ended, then close to the truth once all kinds have been seen, and 0 at the end', () => {
    const end = last.seen / 1000;
    assert.equal(seen[0]?.view.left, undefined);
    assert.ok((last.left ?? 1) < 15);
    for (const { view } of seen.filter((one) => one.view.snapshot.completed >= 25)) {
      const truth = end - view.seen / 1000;
      assert.ok(
        Math.abs((view.left ?? 0) - truth) < 0.25 * truth + 20,
        `${view.seen / 1000} s: ${view.left} left, in truth ${truth}`,
      );
    }
  });

  test('speed: two slots of 3,000 steps in 70 s each are about 86 steps a second', () => {
    const late =
      seen.filter(({ view }) => view.snapshot.running.some(({ label }) => label.startsWith('lstm length 35'))).at(-2)
        ?.view.stepsPerSecond ?? 0;
    assert.ok(late > 50 && late < 130, String(late));
  });

  test('trials that had ended before come with the first view, marked as such', async () => {
    const again = track({
      spec: exampleSpec,
      store,
      snapshots: (async function* () {
        yield last.snapshot;
      })(),
    });
    const { value } = (await again.next()) as { value: ViewUpdate };
    assert.equal(value.first, true);
    assert.equal(value.ended.length, 42);
    assert.equal(value.view.whole, false);
  });
});

test('of a sweep too large for a table no trial is read: what the snapshot says is all there is', async () => {
  const forbidden = () => {
    throw new Error('nothing is to be read');
  };
  const large = { ...exampleSpec, repeats: 1000 };
  const snapshots = (async function* () {
    yield { ...last.snapshot, total: 14_000 };
  })();
  const { value } = (await track({
    spec: large,
    store: { ...store, get: forbidden, list: forbidden },
    snapshots,
  }).next()) as { value: ViewUpdate };
  assert.deepEqual([value.ended, value.view.summary, value.view.snapshot.completed], [[], [], last.snapshot.completed]);
});

describe('when it will be done', () => {
  const at = (cell: string, length: number) => ({ 'model.cell': cell, 'task.length': length });

  test('a trial takes what the ones most like it took, in proportion to its length', () => {
    const finished = [
      { configuration: at('rnn', 10), seconds: 4 },
      { configuration: at('rnn', 10), seconds: 6 },
      { configuration: at('lstm', 5), seconds: 50 },
    ];
    assert.equal(expectedSeconds(finished, at('rnn', 10)), 5);
    assert.equal(expectedSeconds(finished, at('rnn', 20)), 10);
    assert.equal(expectedSeconds(finished, at('lstm', 10)), 100);
    assert.equal(expectedSeconds([], at('rnn', 10)), undefined);
  });

  test('slots share the work, but no trial is done before its own time', () => {
    const finished = [{ configuration: at('rnn', 10), seconds: 10 }];
    const waiting = (n: number, spent = 0) =>
      Array.from({ length: n }, () => ({ configuration: at('rnn', 10), spent }));
    assert.equal(secondsLeft(finished, waiting(8), 2), 40);
    assert.equal(secondsLeft(finished, waiting(1), 8), 10);
    assert.equal(secondsLeft(finished, waiting(1, 7), 8), 3);
    assert.equal(secondsLeft(finished, waiting(1, 70), 8), 0);
    assert.equal(secondsLeft(finished, [], 2), 0);
    assert.equal(secondsLeft([], waiting(1), 2), undefined);
  });

  test('what is shown moves towards a new guess without a jump, and counts down meanwhile', () => {
    assert.equal(smooth(undefined, 100, 1), 100);
    assert.equal(smooth(100, undefined, 1), undefined);
    assert.ok(Math.abs((smooth(100, 99, 1) ?? 0) - 99) < 1e-9);
    const next = smooth(100, 200, 1) ?? 0;
    assert.ok(next > 99 && next < 130, String(next));
    assert.ok(Math.abs((smooth(100, 200, 1000) ?? 0) - 200) < 1);
  });
});

describe('a frame', () => {
  test('looks as drawn here', () => {
    assert.deepEqual(frame(middle, { width: 92, height: 20, style: unicode }, middle.seen + 1000), [
      '  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸──────────  32/42 · 5:01 · 4:29 left · 1 failed',
      '  lstm length 20 seed 3   step 2,250/3,000   accuracy 0.76   loss 0.575',
      '  lstm length 25 seed 1   step   600/3,000   accuracy 0.28   loss  1.84',
      '',
      '  accuracy     5     10     15     20     25     30     35   mean of 3 repeats (* 2 of 3)',
      '  rnn       0.99   0.99   0.84   0.69   0.54*  0.39   0.24*',
      '  lstm      0.99   0.99   0.99   0.99      ·      ·      ·',
      '',
      '  best accuracy 0.99, mean of 3 repeats: rnn length 5 · 145 steps/s',
    ]);
  });

  test('fits every terminal, with and without colours, in Unicode and ASCII', () => {
    const styles = fc.constantFrom(unicode, ascii, colored);
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(seen.length - 1),
        styles,
        (width, height, i, style) => {
          const lines = frame((seen[i] as ViewUpdate).view, { width, height, style }, 1e6);
          assert.ok(lines.length >= 1 && lines.length <= height, `${lines.length} lines of ${height}`);
          for (const line of lines) assert.ok(stringWidth(line) < width, `${stringWidth(line)} of ${width}: ${line}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('is pure ASCII where the terminal is', () => {
    for (const width of [30, 40, 60, 80, 120]) {
      for (const { view } of seen)
        assert.match(frame(view, { width, height: 15, style: ascii }, view.seen).join('\n'), /^[\n\x20-\x7e]*$/);
    }
  });

  test('keeps the count, the failures and a trial on the smallest screens', () => {
    const [first = '', second = ''] = frame(middle, { width: 30, height: 4, style: unicode }, middle.seen);
    assert.match(first, /32\/42 · 1 failed/);
    assert.match(second, /lstm.*\/3,000/);
  });

  test('has a line for every running trial while there is room, and counts the others', () => {
    const running = Array.from({ length: 30 }, (_, i) => ({
      ...middle.snapshot.running[0]!,
      label: `lstm length ${i}`,
    }));
    const many = { ...middle, snapshot: { ...middle.snapshot, running } };
    assert.match(frame(many, { width: 80, height: 50, style: unicode }, 0).join('\n'), /lstm length 29 /);
    const few = frame(many, { width: 80, height: 20, style: unicode }, 0).join('\n');
    assert.match(few, /… \d+ more in training/);
    assert.match(few, /accuracy +5 +10/, 'the table keeps its place');
  });

  test('says when nothing has been heard for a while, and when nobody trains', () => {
    assert.match(
      frame(middle, { width: 80, height: 20, style: unicode }, middle.seen + 60_000).at(-1) ?? '',
      /no news for 1:00/,
    );
    const idle = { ...middle, snapshot: { ...middle.snapshot, running: [] } };
    assert.match(
      frame(idle, { width: 80, height: 20, style: unicode }, middle.seen).join('\n'),
      /waiting for a worker/,
    );
  });

  test('says that a report is written, and how far it is, where nothing is left to train', () => {
    const ending = {
      ...last,
      snapshot: {
        ...last.snapshot,
        state: 'paused' as const,
        running: [],
        reporting: { doing: 'reading' as const, done: 41_000, total: 100_000 },
      },
    };
    const [bar = '', line] = frame(ending, { width: 100, height: 20, style: unicode }, last.seen);
    assert.match(bar, /writing its report$/);
    assert.equal(line, '  writing its report: reading trial 41,000 of 100,000');
    assert.match(progressLine(ending), /, writing its report: reading trial 41,000 of 100,000$/);
    assert.equal(reportingText({ ...ending.snapshot, reporting: {} }), 'writing its report');
    assert.equal(reportingText(last.snapshot), undefined);
  });

  test('says what fails and is tried again, on a line of its own', () => {
    const trouble = [
      'train: no space left on device (attempt 2 is next or under way)',
      'train: killed (attempt 3 is next or under way)',
    ];
    const troubled = { ...middle, snapshot: { ...middle.snapshot, trouble } };
    const lines = frame(troubled, { width: 100, height: 10, style: unicode }, middle.seen);
    assert.equal(lines.length, 10);
    assert.match(lines.join('\n'), /trying again \(2 times\): train: no space left on device/);
  });

  test('labels with control characters, right-to-left marks and wide characters are harmless', () => {
    const label = 'a\u001B[2J\u202Eb\n長さ\u0007';
    const odd = { ...middle, snapshot: { ...middle.snapshot, running: [{ ...middle.snapshot.running[0]!, label }] } };
    const lines = frame(odd, { width: 60, height: 20, style: unicode }, middle.seen);
    assert.match(lines[1] ?? '', /a \[2Jb 長さ/);
    assert.doesNotMatch(lines.join('\n'), /[\u0007\u001B\u202E]/);
  });
});

describe('parts of the display', () => {
  test('a bar is empty at 0, full at 1, and never longer than it should be', () => {
    assert.equal(bar(0, 10, ascii), '----------');
    assert.equal(bar(1, 10, ascii), '##########');
    assert.equal(bar(0.5, 4, unicode), '━━──');
    assert.equal(bar(0.375, 4, unicode), '━╸──');
    for (let share = -0.5; share < 1.5; share += 0.01) assert.equal(bar(share, 7, unicode).length, 7);
  });

  test('what stands above says how many trials there are and why', () => {
    const opening = {
      spec: exampleSpec,
      sweepId: 'rnn-vs-lstm-7f3a',
      total: 42,
      attached: false,
      cached: 6,
      backend: 'tensorflow 2.21.0 cpu',
      slots: 2,
      estimate: 420,
    };
    const [title, counts, ...rest] = openingLines(opening, unicode);
    assert.equal(title, 'rnn-vs-lstm · How far back can an RNN and an LSTM remember?');
    assert.equal(
      counts,
      '  42 trials (2 cells × 7 lengths × 3 repeats), 6 of them cached · tensorflow 2.21.0 cpu · 2 slots · about 7 min',
    );
    assert.deepEqual(rest, ['  Sweep        rnn-vs-lstm-7f3a']);
    for (const line of openingLines(opening, unicode, 40).slice(1)) assert.ok(stringWidth(line) <= 68, line);
  });

  test('a space that is no product is not called one', () => {
    const space: Record<string, Dimension> = {
      'training.momentum': { choice: [0.9], when: { 'training.optimizer': 'momentum' } },
    };
    assert.equal(spaceCounts({ ...exampleSpec, space }, unicode), '');
    assert.equal(
      spaceCounts({ ...exampleSpec, search: { name: 'random', trials: 64 } }, unicode),
      '64 draws × 3 repeats',
    );
  });

  test('how it ended', () => {
    const line = (state: View['snapshot']['state'], fields: Partial<View['snapshot']> = {}) =>
      closingLines(
        { ...last, snapshot: { ...last.snapshot, failed: 0, diverged: 0, state, ...fields } },
        'r.html',
        unicode,
      ).join('\n');
    assert.match(line('completed'), /^Done in \d+:\d\d\. Report: r\.html$/);
    assert.match(
      line('completed', { failed: 2 }),
      /^Done in .* with 2 failed trials \(sweep status example says why\)/,
    );
    assert.match(line('completed', { diverged: 1 }), /1 trial diverged\./);
    assert.match(
      line('completed', { message: 'ended by its budget' }),
      /^Done in \d+:\d\d: ended by its budget\. Report/,
    );
    assert.match(line('cancelled', { completed: 7 }), /^Cancelled after .*: 7 of 42 trials are kept/);
    assert.match(line('failed', { message: 'no space' }), /^Failed after .*: no space/);
  });

  test('numbers and words', () => {
    assert.deepEqual([0, 7.4, 411, 3723, 200_000].map(duration), ['0:00', '0:07', '6:51', '1:02:03', '2d 07:33']);
    assert.deepEqual(
      [
        metricValue('accuracy', 0.996),
        metricValue('loss', 0.0123456),
        metricValue('loss', 1e-7),
        metricValue('loss', 123.4),
      ],
      ['1.00', '0.0123', '1.00e-7', '123'],
    );
    assert.equal(clean(' a\tb\u001B[0m\u2028c '), 'a b [0m c');
    assert.deepEqual(
      table(
        [
          ['a', '長', '1'],
          ['bcd', 'x', '10'],
        ],
        { sides: ['left', 'left', 'right'] },
      ),
      ['a    長   1', 'bcd  x   10'],
    );
  });

  test('colours and Unicode only where they are wanted and known', () => {
    const style = (env: Record<string, string>, isTTY = true) => styleOf({ isTTY }, env, 'linux');
    assert.equal(style({ LANG: 'C.UTF-8' }).colors, true);
    assert.equal(style({ NO_COLOR: '1' }).colors, false);
    assert.equal(style({ TERM: 'dumb' }).colors, false);
    assert.equal(style({}, false).colors, false);
    assert.equal(style({ FORCE_COLOR: '1' }, false).colors, true);
    assert.equal(style({ LANG: 'de_DE.UTF-8' }).unicode, true);
    assert.equal(style({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }).unicode, false);
    assert.equal(style({}).unicode, false);
  });
});

describe('the table of results', () => {
  const show = (width: number, height = 60, style = unicode) =>
    resultsTable(exampleSpec, last.summary, { width, height }, style);

  test('lengths run across, cells down; a star where a repeat has no number', () => {
    assert.deepEqual(show(140), [
      'accuracy      5      10      15      20      25      30      35   by length, mean of 3 repeats (* 2 of 3: the others diverged or failed)',
      'rnn        0.99    0.99    0.84    0.69    0.54*   0.39    0.24*',
      'lstm       0.99    0.99    0.99    0.99    0.99    0.99    0.99',
    ]);
  });

  test('runs down where it is too narrow, and says what it leaves out where it is too low as well', () => {
    assert.equal(show(30).length, 8);
    assert.match(show(30)[0] ?? '', /^accuracy +rnn +lstm/);
    assert.match(show(30, 5).join('\n'), /…/);
    assert.equal(show(10).length, 0);
  });

  test('other dimensions each have a column of labels', () => {
    const summary = last.summary.map((row) => ({
      ...row,
      configuration: { ...row.configuration, 'training.learningRate': 0.01 },
    }));
    assert.match(
      resultsTable(exampleSpec, summary, { width: 100, height: 20 }, unicode)[0] ?? '',
      /^accuracy +learning rate +5 +10/,
    );
  });

  test('a space without columns is shown by its best', () => {
    const summary = Array.from({ length: 30 }, (_, i) => ({
      configuration: { 'training.learningRate': (i + 1) / 1000 },
      repeats: [],
      n: 1,
      failed: 0,
      stopped: 0,
      missing: 0,
      metrics: { accuracy: { n: 1, mean: i / 30 } },
    }));
    const lines = resultsTable(exampleSpec, summary, { width: 80, height: 20 }, unicode);
    assert.equal(lines.length, 11);
    assert.match(lines[1] ?? '', /^1 +0\.03 +0\.97$/);
  });
});

describe('the live region of a terminal', () => {
  test('a draw replaces the one before, whatever their sizes, and printed lines stay above it', () => {
    const screen = new Screen(40, 10);
    const bottom = region(screen);
    screen.write('$ sweep start\n');
    bottom.draw(['one', 'two', 'three']);
    bottom.print(['a trial failed']);
    bottom.draw(['four']);
    bottom.draw(['five', 'six']);
    assert.deepEqual(screen.visible, ['$ sweep start', 'a trial failed', 'five', 'six', '']);
    bottom.clear();
    assert.deepEqual(screen.visible, ['$ sweep start', 'a trial failed', '']);
  });

  test('nothing is written when nothing has changed, and a line is never blanked before it is drawn', () => {
    const screen = new Screen(40, 10);
    const bottom = region(screen);
    bottom.draw(['one', 'two']);
    const { length } = screen.written;
    bottom.draw(['one', 'two']);
    assert.equal(screen.written.length, length);
    bottom.draw(['one', 'new']);
    assert.doesNotMatch(screen.written.slice(length), /\u001B\[J.*one/s);
  });

  test('a terminal made narrower leaves nothing behind', () => {
    const screen = new Screen(40, 20);
    const bottom = region(screen);
    bottom.draw(['x'.repeat(39), 'short', 'y'.repeat(25)]);
    screen.narrow(20);
    bottom.draw(['new', 'lines']);
    assert.deepEqual(screen.visible, ['new', 'lines', '']);
  });

  test('from beginning to end: the cursor comes back, and only the table and the last word stay', () => {
    const screen = Object.assign(new Screen(200, 24), { on: () => {}, off: () => {} });
    const display = liveDisplay(screen as unknown as NodeJS.WriteStream, unicode, { now: () => last.seen });
    display.open({ spec: exampleSpec, sweepId: 'example', total: 42, attached: false });
    assert.equal(screen.cursorVisible, false);
    for (const { view, ended, first } of seen) display.show(view, first ? [] : ended);
    display.end(last, 'runs/example/report/report.html');
    display.close();
    assert.equal(screen.cursorVisible, true);
    const text = screen.lines.join('\n');
    assert.match(text, /✗ rnn length 35 seed 3: failed: the trainer was killed/);
    assert.match(
      text,
      /lstm +0\.99.*\n\nDone in \d+:\d\d with 1 failed trial .*\. 1 trial diverged\. Report: runs\/example\/report\/report\.html\n$/,
    );
    assert.doesNotMatch(text, /━/);
  });
});

describe('without a terminal', () => {
  test('a line for every trial, one a minute for the whole, then the table and the end', () => {
    const lines: string[] = [];
    const display = plainDisplay((line) => lines.push(line), unicode);
    display.open({ spec: exampleSpec, sweepId: 'example', total: 42, attached: false });
    for (const { view, ended, first } of seen) display.show(view, first ? [] : ended);
    display.end(last, undefined);
    display.close();
    const trials = lines.filter((line) =>
      /^ +\d+:\d\d {2}(rnn|lstm) length \d+ seed \d: (completed after 3,000 steps, accuracy|diverged at step 437|failed: )/.test(
        line,
      ),
    );
    assert.equal(trials.length, 42);
    const minutes = lines.filter((line) =>
      /^ +\d+:\d\d {2}\d+\/42 trials, \d+:\d\d left, \d failed, best accuracy/.test(line),
    );
    assert.equal(minutes.length, Math.floor((last.seen - 10_000) / 60_000), minutes.join('\n'));
    assert.match(lines.at(-1) ?? '', /^Done in /);
    assert.doesNotMatch(lines.join('\n'), /\u001B/);
  });

  test('what is tried again is said once', () => {
    const lines: string[] = [];
    const display = plainDisplay((line) => lines.push(line), unicode);
    const troubled = { ...middle, snapshot: { ...middle.snapshot, trouble: ['train: no space left'] } };
    display.show(troubled, []);
    display.show(troubled, []);
    assert.deepEqual(lines, ['   5:00  trying again: train: no space left']);
  });

  test('JSON: every line is an object with an event, the last one has the results', () => {
    const lines: string[] = [];
    const display = jsonDisplay((line) => lines.push(line));
    display.open({ spec: exampleSpec, sweepId: 'example', total: 42, attached: false });
    for (const { view, ended, first } of seen) display.show(view, first ? [] : ended);
    display.end(last, 'r.html');
    const events = lines.map((line) => JSON.parse(line) as { event: string; [key: string]: unknown });
    const count = (name: string) => events.filter(({ event }) => event === name).length;
    assert.deepEqual([count('start'), count('trial'), count('end')], [1, 42, 1]);
    assert.ok(count('progress') > 10);
    const end = events.at(-1) as {
      state: string;
      failed: number;
      report: string;
      summary: { n: number }[];
    } & (typeof events)[0];
    assert.deepEqual(
      [end.event, end.state, end.failed, end.report, end.summary.length],
      ['end', 'completed', 1, 'r.html', 14],
    );
  });
});
