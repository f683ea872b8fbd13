/**
 * What the operating system refuses: a line that names the folder and says what to do, never a stack, and nothing is
 * lost by it.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Refused, UserError } from '../../core/errors.ts';
import { adviceOn, refusalOf, refused } from '../../core/refusal.ts';
import { openStore } from '../../store/index.ts';
import { moveNew } from '../../store/move-new.ts';
import { exampleSpec, exampleSweepId, writeExampleRun } from '../support/example-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'cli/bin.js');
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-refused-'));
  await writeFile(join(folder, 'file'), 'x');
  await symlink('loop', join(folder, 'loop'));
  await symlink(join(folder, 'nothing/here'), join(folder, 'dangling'));
  await writeFile(
    join(folder, 'tiny.json'),
    JSON.stringify({
      name: 'tiny',
      task: { name: 'palindrome' },
      model: { cell: 'rnn' },
      space: { 'task.length': [5, 6] },
    }),
  );
});
after(() => rm(folder, { recursive: true }));

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}
type Environment = Record<string, string | undefined>;

/** `to`: where the shell sends what is printed. */
function sweep(
  args: string[],
  { env = {}, to = '', first = '' }: { env?: Environment; to?: string; first?: string } = {},
): Outcome {
  const script = `${first} "$@" ${to}`;
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '-c', script, 'bash', process.execPath, BIN, ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        SWEEP_HOME: join(folder, 'home'),
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        LANG: 'C.UTF-8',
        ...env,
      },
    },
  );
  return { code: status, out: stdout, err: stderr };
}

function assertLine({ code, err }: Outcome, said: RegExp, wanted = 1): void {
  assert.equal(code, wanted, err);
  assert.match(err, said);
  assert.equal(err.trimEnd().split('\n').length, 1, err);
}

describe('a runs folder', () => {
  const long = 'x'.repeat(300);
  const cases: [what: string, runs: string, said: RegExp][] = [
    ['that is a file', 'file', /^error: \S+\/file: it is no folder.*\(ENOTDIR\); give another folder with --runs$/m],
    ['below a file', 'file/x', /^error: \S+\/file\/x: it is no folder.*\(ENOTDIR\); give another/m],
    [
      'in a circle of links',
      'loop',
      /^error: \S+\/loop: symbolic links that lead in a circle \(ELOOP\); give another/m,
    ],
    ['with a name too long', long, /x: the name is too long for the file system \(ENAMETOOLONG\); give another/],
  ];
  for (const [what, runs, said] of cases) {
    test(`${what} is refused by what reads and by what writes, before anything is installed or started`, () => {
      assertLine(sweep(['status', '--runs', runs]), said);
      assertLine(sweep(['start', 'tiny.json', '--runs', runs]), said);
    });
  }

  test('that is a link to nothing is none to write to', () => {
    assertLine(
      sweep(['start', 'tiny.json', '--runs', 'dangling']),
      /\/dangling: something is there that is no folder \(EEXIST\)/,
    );
  });

  test('where nobody makes folders', { skip: process.platform !== 'linux' && 'only Linux has /sys' }, () => {
    assertLine(
      sweep(['start', 'tiny.json', '--runs', '/sys/sweep-runs']),
      /^error: \/sys\/sweep-runs: .* \((EPERM|EACCES|EROFS)\); give another folder with --runs$/m,
    );
    assertLine(
      sweep(['start', 'tiny.json', '--runs', '/proc/sweep/runs']),
      /^error: \/proc\/sweep: no folder can be made there \(ENOENT\); give another folder/m,
    );
  });

  test('that is closed to this user', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed);
    const store = openStore(closed);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) await chmod(folder, 0o755);
    await chmod(closed, isRoot ? 0o700 : 0o000);
    if (isRoot) process.seteuid?.(65_534);
    try {
      const told = (error: unknown) =>
        error instanceof Refused &&
        error.message === `${closed}: permission denied (EACCES); give another folder with --runs`;
      await assert.rejects(store.list(''), told);
      await assert.rejects(store.put('a', 'b'), told);
      await assert.rejects(store.putNew('a', 'b'), told);
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(closed, 0o700);
    }
  });

  test('given as nothing, or as an address of no folder, is bad usage', () => {
    assertLine(sweep(['status', '--runs', '']), /^error: --runs is empty; allowed: a folder/, 2);
    assertLine(
      sweep(['status', '--runs', 'file://host/x']),
      /^error: --runs file:\/\/host\/x: no address of a folder on this machine/,
      2,
    );
  });
});

test('a report goes nowhere that is no folder', async () => {
  await writeExampleRun(openStore(join(folder, 'sweeps')));
  const id = exampleSweepId(exampleSpec);
  assertLine(
    sweep(['report', id, '--runs', 'sweeps', '--out', 'file']),
    /^error: --out \S+\/file: something is there that is no folder \(EEXIST\); give another folder$/m,
  );
  assertLine(
    sweep(['report', id, '--runs', 'sweeps', '--out', 'loop/x']),
    /^error: --out \S+\/loop\/x: symbolic links that lead in a circle/,
  );
  assertLine(
    sweep(['report', id, '--runs', 'sweeps', '--verify', '--out', 'file']),
    /^error: --out \S+\/file: it is no folder/,
    2,
  );
});

describe('the place of parts and state', () => {
  const none = { SWEEP_HOME: undefined, HOME: folder };

  test('is no path that depends on where the command is typed', () => {
    assertLine(
      sweep(['server', 'status'], { env: { ...none, XDG_DATA_HOME: 'rel' } }),
      /^error: XDG_DATA_HOME is "rel", not the full path of a folder; .*SWEEP_HOME/,
    );
    assertLine(
      sweep(['doctor'], { env: { ...none, XDG_CACHE_HOME: './rel' } }),
      /^error: XDG_CACHE_HOME is "\.\/rel", not the full path of a folder/,
    );
    assertLine(
      sweep(['doctor'], { env: { ...none, HOME: '', XDG_CACHE_HOME: undefined } }),
      /^error: HOME is "", not the full path of a folder/,
    );
  });

  test('that is a file is named', () => {
    const { code, out } = sweep(['setup'], { env: { SWEEP_HOME: join(folder, 'file'), TEMPORAL_ADDRESS: undefined } });
    assert.equal(code, 1);
    assert.match(
      out,
      /^Temporal server +\S+\/file\/cache: it is no folder.*; set SWEEP_HOME to a folder where there is room$/m,
    );
  });
});

describe('a process that lacks what every process has', () => {
  test('a current folder', () => {
    const { code, err } = sweep(['status'], { first: 'mkdir gone && cd gone && rmdir ../gone;' });
    assert.equal(code, 1);
    assert.match(err, /^error: the current folder has been deleted, or cannot be reached; go to another one/m);
    assert.doesNotMatch(err, /^ +at /m);
  });

  test('open files', () => {
    const script = `
      import { openSync } from 'node:fs';
      import { main } from ${JSON.stringify(join(ROOT, 'cli/main.ts'))};
      process.stdout.write('');
      process.stderr.write('');
      try { for (;;) openSync('/dev/null'); } catch {}
      await main(['--version']);`;
    const { status, stderr } = spawnSync(
      'bash',
      [
        '-c',
        'ulimit -n 256; exec "$@"',
        'bash',
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        script,
      ],
      { cwd: ROOT, encoding: 'utf8' },
    );
    assertLine(
      { code: status, out: '', err: stderr },
      /^error: \S+: too many files are open in one process \(EMFILE\); allow more, as with "ulimit -n 4096", and try again$/m,
    );
  });
});

describe('what cannot be printed', { skip: process.platform !== 'linux' && 'only Linux has /dev/full' }, () => {
  for (const args of [['list'], ['list', '--json'], ['--help'], ['plan', 'tiny.json']]) {
    test(`sweep ${args.join(' ')} says so, and has failed`, () => {
      assertLine(
        sweep(args, { to: '> /dev/full' }),
        /^error: what is printed does not get to where it should: the disk is full \(ENOSPC\); make room, or send it elsewhere$/m,
      );
    });
  }

  test('a complaint that gets nowhere changes no exit code', () => {
    assert.equal(sweep(['list', 'nonsense'], { to: '2> /dev/full' }).code, 2);
  });
});

describe('a file system without hard links, whose folders cannot be synced', () => {
  const writer = `
    import { openStore } from ${JSON.stringify(join(ROOT, 'store/index.ts'))};
    const store = openStore(process.argv[1]);
    const won = [];
    for (let i = 0; i < 40; i++) if (await store.putNew('a/' + i, process.argv[2])) won.push(i);
    await store.put('a/last', 'x');
    console.log(JSON.stringify(won));`;
  const write = async (runs: string, name: string): Promise<number[]> =>
    JSON.parse(
      (
        await promisify(execFile)(
          process.execPath,
          [
            '--import',
            'tsx',
            '--import',
            join(ROOT, 'test/support/no-links.mjs'),
            '--input-type=module',
            '-e',
            writer,
            runs,
            name,
          ],
          { cwd: ROOT },
        )
      ).stdout,
    ) as number[];

  test('of those who write a new file at once exactly one wins, its bytes stay, and nothing else does', async () => {
    const runs = join(folder, 'no-links');
    const names = ['one', 'two', 'three'];
    const won = await Promise.all(names.map((name) => write(runs, name)));
    assert.deepEqual(
      won.flat().sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, i) => i),
    );
    for (const [w, indexes] of won.entries())
      for (const i of indexes) assert.equal(await readFile(join(runs, 'a', String(i)), 'utf8'), names[w]);
    assert.deepEqual(
      (await readdir(join(runs, 'a'))).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('of many whole files that are moved to one place at once, one gets there', async () => {
    const temps = Array.from({ length: 20 }, (_, i) => join(folder, `whole-${i}`));
    await Promise.all(temps.map((temp) => writeFile(temp, temp)));
    const target = join(folder, 'moved');
    const won = await Promise.all(temps.map((temp) => moveNew(temp, target)));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await readFile(target, 'utf8'), temps[won.indexOf(true)]);
  });

  test('a writer that died on the way is outwaited', async () => {
    const runs = join(folder, 'no-links-dead');
    await mkdir(join(runs, 'a'), { recursive: true });
    await writeFile(join(runs, 'a/.new-7'), '');
    assert.equal((await write(runs, 'one')).length, 40);
  });
});

describe('the words', () => {
  const error = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more });

  test('a full disk or quota: room; too many files: more of them; anything else: another place', () => {
    assert.equal(
      (refused(error('ENOSPC'), '/runs', 'go') as Error).message,
      '/runs: the disk is full (ENOSPC); make room, or go',
    );
    assert.equal(
      (refused(error('EDQUOT'), '/runs', 'go') as Error).message,
      '/runs: your quota of this disk is used up (EDQUOT); make room, or go',
    );
    assert.equal(
      (refused(error('EROFS'), '/runs', 'go') as Error).message,
      '/runs: the file system is read-only (EROFS); go',
    );
    assert.match(adviceOn(error('EMFILE'), 'go'), /ulimit -n/);
  });

  test("a refusal is not the user's mistake: trainers try it again, and no file counts as damaged for it", () => {
    const one = refused(error('ENOSPC'), '/runs', 'go');
    assert.ok(one instanceof Refused && !((one as Error) instanceof UserError));
  });

  test('what is no refusal stays as it is, for its stack', () => {
    for (const one of [
      error('ENOENT'),
      error('ERR_INVALID_ARG_TYPE'),
      error('toString'),
      new UserError('x'),
      new Error('y'),
      undefined,
      null,
      'z',
    ]) {
      assert.equal(refusalOf(one), undefined);
      assert.equal(refused(one, '/runs', 'go'), one);
    }
  });
});
