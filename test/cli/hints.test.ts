/** Commands in messages can be pasted where the command was typed, whatever the folder or the file is called. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commandLine, shellWord } from '../../core/shell.ts';
import { commandOn } from '../../store/command.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec, exampleSweepId, writeExampleRun } from '../support/example-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-hints-'));
});
after(() => rm(folder, { recursive: true }));

function sweep(args: string[]): { out: string; err: string } {
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'cli/bin.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SWEEP_HOME: join(folder, 'home'), TEMPORAL_ADDRESS: '127.0.0.1:1', LANG: 'C.UTF-8' },
  });
  return { out: stdout, err: stderr };
}

const UTF_8 = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } } as const;

/** The words that a shell makes of a line. */
const wordsOf = (line: string) =>
  execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], UTF_8)
    .split('\0')
    .slice(0, -1);

const names = [
  'plain-1a2b',
  'my runs',
  "it's",
  '$HOME',
  '`date`',
  '$(date)',
  'a;b',
  'a&b',
  '*',
  '~',
  '#x',
  '',
  '-x',
  '!!',
  'a\\b',
  '"',
  'é長',
  '\u001b[2J',
  "\u202e'evil\\",
  'a\nb',
];

test('a shell reads a word as it was, and no terminal obeys it', () => {
  for (const name of names) {
    assert.deepEqual(wordsOf(shellWord(name)), [name], name);
    assert.doesNotMatch(shellWord(name), /[\p{Cc}\u202e]/u);
  }
  assert.equal(shellWord('rnn-vs-lstm-7f3a'), 'rnn-vs-lstm-7f3a');
});

test('an operand that looks like an option is none', () => {
  assert.equal(commandLine(['sweep', 'watch'], ['-x'], ['--runs', 'r']), 'sweep watch --runs r -- -x');
});

test('--runs is said where the runs folder is not the default one', () => {
  const near = (runs: string) => commandOn(openStore(runs), ['watch', 'id']);
  assert.equal(near('./runs'), 'sweep watch id');
  assert.equal(near(resolve('runs')), 'sweep watch id');
  assert.equal(near('my runs'), "sweep watch id --runs 'my runs'");
  assert.equal(near('.'), 'sweep watch id --runs .');
  assert.equal(near('/else/where'), 'sweep watch id --runs /else/where');
});

test('plan: the command that starts what was planned', async () => {
  await writeFile(
    join(folder, 'my sweep.json'),
    JSON.stringify({ name: 'tiny', task: { name: 'palindrome' }, model: { cell: 'rnn' } }),
  );
  const { out } = sweep(['plan', 'my sweep.json', '--set', 'space.task.length=[5, 6]', '--runs', 'my runs']);
  const line = /To start it: (.*)$/m.exec(out)?.[1] ?? out;
  assert.deepEqual(wordsOf(line), [
    'sweep',
    'start',
    'my sweep.json',
    '--set',
    'space.task.length=[5, 6]',
    '--runs',
    'my runs',
  ]);
});

test('what has no sweep, no end or no report says how to get one, in this runs folder', async () => {
  assert.match(sweep(['status', '--runs', 'my runs']).out, /Start one with: sweep start FILE --runs 'my runs'$/m);
  assert.match(sweep(['status', 'x', '--runs', 'my runs']).err, /start one with: sweep start FILE --runs 'my runs'$/m);
  await mkdir(join(folder, 'some'));
  const id = exampleSweepId(exampleSpec);
  await writeExampleRun(openStore(join(folder, 'some runs')));
  assert.match(sweep(['status', '--runs', 'some runs']).out, /sweep start FILE --runs 'some runs' goes on with it\.$/m);
  assert.match(
    sweep(['report', id, '--verify', '--runs', 'some runs']).err,
    new RegExp(`write it with: sweep report ${id} --runs 'some runs'$`, 'm'),
  );
});

test('no message names a command with a sweep or a runs folder but through what quotes it', async () => {
  const hint = /sweep (watch|resume|pause|cancel|status|report|start|worker|explain|extend|retry) ?\$\{/;
  for (const part of [
    'cli',
    'core',
    'orchestrate',
    'server',
    'setup',
    'store',
    'activities',
    'trainer',
    'sweep-file',
    'bench',
  ]) {
    for (const name of await readdir(join(ROOT, part), { recursive: true })) {
      if (name.endsWith('.ts')) assert.doesNotMatch(await readFile(join(ROOT, part, name), 'utf8'), hint, name);
    }
  }
});
