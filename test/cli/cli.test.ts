/** The command line as a person meets it: a real process for every test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { commands } from '../../cli/commands/index.ts';
import { openStore } from '../../store/index.ts';
import { exampleSweepId, exampleSpec, writeExampleRun } from '../support/example-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'cli/bin.js');
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-cli-'));
});
after(() => rm(folder, { recursive: true }));

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** With an empty home, and a Temporal address where nothing is: what these tests do needs no server. */
function sweep(
  args: string[],
  { env = {}, node = [] }: { env?: Record<string, string>; node?: string[] } = {},
): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, BIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SWEEP_HOME: join(folder, 'home'), TEMPORAL_ADDRESS: '127.0.0.1:1', ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

const lines = (text: string) => text.trimEnd().split('\n');

describe('bad usage ends with code 2 and says what to do', () => {
  test('an unknown command is told the one that is like it', () => {
    const { code, out, err } = sweep(['strat', 'x.json']);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(lines(err)[0] ?? '', /^error: unknown command 'strat' \(Did you mean start\?\)$/);
  });

  test('an unknown option too, of a command that was loaded for it', () => {
    const { code, err } = sweep(['start', 'x.json', '--detatch']);
    assert.equal(code, 2);
    assert.match(err, /unknown option '--detatch' \(Did you mean --detach\?\)\n\(sweep start --help says more\)/);
  });

  for (const [args, said] of [
    [['start'], /missing required argument 'file'/],
    [
      ['start', 'x.json', '--workers', 'many'],
      /'--workers <n>' argument 'many' is invalid\. Allowed: a whole number from 1 to 256/,
    ],
    [
      ['start', 'x.json', '--backend', 'cuda'],
      /argument 'cuda' is invalid\. Allowed choices are native, onnx, wasm, cpu/,
    ],
    [['start', 'x.json', '--id', '../x'], /argument '\.\.\/x' is invalid\. Allowed: up to 80 lower-case letters/],
    [['status', '--runs', 'ftp://bucket'], /--runs ftp:\/\/bucket: not a place for runs/],
    [['watch', 'nothing'], /no sweep "nothing": there are none in /],
  ] as const) {
    test(args.join(' '), () => {
      const { code, err } = sweep([...args]);
      assert.equal(code, 2);
      assert.match(err, said);
      assert.doesNotMatch(err, /^ +at /m, 'no stack');
    });
  }

  test('no command: the help, on stderr', () => {
    const { code, out, err } = sweep([]);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /^Usage: sweep /);
  });
});

describe('a bad sweep file ends with code 2 before anything is started or written', () => {
  const cases: [name: string, text: string | undefined, said: RegExp][] = [
    ['a missing file', undefined, /no such file/],
    ['not JSON', '{ "name": ', /bad\.json/],
    ['an unknown key', '{ "name": "x", "spce": {} }', /spce.*did you mean.*space/i],
    ['a hostile key', '{ "name": "x", "__proto__": { "a": 1 } }', /__proto__/],
  ];
  for (const [name, text, said] of cases) {
    test(name, async () => {
      const file = join(folder, 'bad.json');
      await (text === undefined ? rm(file, { force: true }) : writeFile(file, text));
      const { code, out, err } = sweep(['start', 'bad.json']);
      assert.equal(code, 2, err);
      assert.equal(out, '');
      assert.match(err, said);
      for (const line of lines(err)) assert.match(line, /^(error: )?(bad\.json|--set)/);
      assert.equal(existsSync(join(folder, 'runs')), false, 'no runs folder');
      assert.equal(existsSync(join(folder, 'home')), false, 'no server, nothing installed');
    });
  }

  test('what a file says cannot move the cursor', async () => {
    await writeFile(join(folder, 'bad.json'), JSON.stringify({ name: 'a\u001B[2Jb\u0007' }));
    const { code, err } = sweep(['start', 'bad.json']);
    assert.equal(code, 2);
    assert.doesNotMatch(err, /[\u0007\u001B]/);
  });
});

describe('help', () => {
  /** Paths of all modules that a command loads. */
  async function loadedBy(args: string[]): Promise<string> {
    const file = join(folder, 'loaded');
    await rm(file, { force: true });
    const { code } = sweep(args, {
      env: { SWEEP_TEST_LOADED: file },
      node: ['--import', join(ROOT, 'test/support/loaded-modules.mjs')],
    });
    assert.equal(code, 0);
    return readFile(file, 'utf8');
  }

  test('the probe sees a heavy package where one is loaded', async () => {
    assert.match(await loadedBy(['list', 'cells', '--json']), /node_modules\/@tensorflow\//);
  });

  for (const args of [['--help'], ['--version'], ...Object.keys(commands).map((name) => [name, '--help'])]) {
    test(`sweep ${args.join(' ')} loads no TensorFlow, Temporal, Vega or zod`, async () => {
      const loaded = await loadedBy(args);
      assert.match(loaded, /commander/);
      assert.doesNotMatch(loaded, /node_modules\/(@tensorflow|@temporalio|@resvg|vega|zod)/);
    });
  }

  test('every command is listed with what it does, and describes itself', async () => {
    const { out } = sweep(['--help']);
    for (const [name, { summary, load }] of Object.entries(commands)) {
      assert.ok(out.includes(summary.slice(0, 30)), name);
      const command = await load();
      assert.equal(command.name(), name);
      assert.ok(command.description().length > summary.length / 2, name);
    }
  });

  test('every command speaks JSON too', async () => {
    const leaves = (command: Command): Command[] =>
      command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];
    const all = await Promise.all(Object.values(commands).map(({ load }) => load()));
    for (const command of all.flatMap(leaves))
      assert.ok(
        command.options.some(({ long }) => long === '--json'),
        command.name(),
      );
  });

  test('version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.equal(sweep(['--version']).out, `${version}\n`);
  });
});

describe('status needs no server', () => {
  const id = exampleSweepId(exampleSpec);
  before(() => writeExampleRun(openStore(join(folder, 'sweeps'))));

  test('of all sweeps: a line each', () => {
    const { code, out } = sweep(['status', '--runs', 'sweeps']);
    assert.equal(code, 0);
    const line = lines(out).find((l) => l.startsWith(id)) ?? '';
    assert.match(line, /unfinished +42\/42 +1 +accuracy 1\.00/);
    assert.match(out, /the runs folder says/);
  });

  test('of one: what it is, the table, and why a trial failed', () => {
    const { code, out } = sweep(['status', 'rnn-vs-lstm', '--runs', 'sweeps']);
    assert.equal(code, 0);
    assert.match(out, /accuracy +5 +10 +15 +20 +25 +30 +35/);
    assert.match(out, /^ {2}rnn +1\.00/m);
    assert.match(out, /seed 2: diverged at step 437/);
    assert.match(out, /failed: the trainer was killed \(SIGKILL\) 5 times/);
  });

  test('as JSON', () => {
    const { code, out } = sweep(['status', id, '--runs', 'sweeps', '--json']);
    assert.equal(code, 0);
    const status = JSON.parse(out) as {
      state: string;
      total: number;
      completed: number;
      failed: number;
      summary: { configuration: object; n: number }[];
    };
    assert.deepEqual([status.state, status.total, status.completed, status.failed], ['unfinished', 42, 41, 1]);
    assert.equal(status.summary.length, 14);
    assert.deepEqual(status.summary[0]?.configuration, { 'model.cell': 'rnn', 'task.length': 5 });
  });

  test('what needs a server says that none answers, and where it looked', () => {
    const { code, err } = sweep(['cancel', id, '--runs', 'sweeps']);
    assert.equal(code, 1);
    assert.match(err, /^error: No Temporal server answers.*TEMPORAL_ADDRESS, 127\.0\.0\.1:1/);
    assert.equal(lines(err).length, 1);
  });
});

test('a Node that takes a loader only as a flag is started again with one', () => {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.3.0' } }); process.execArgv = [];`;
  const { code, err } = sweep(['--version'], {
    node: ['--import', `data:text/javascript,${encodeURIComponent(older)}`],
  });
  assert.equal(code, 1);
  assert.match(err, /--loader flag was deprecated/); // tsx refuses it on the newer Node that this one is
});

test('whoever reads the output may go before it ends', () => {
  const { status, stderr } = spawnSync('bash', ['-c', `'${process.execPath}' '${BIN}' list --json | head -c 10`], {
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  assert.equal(stderr, '');
});
