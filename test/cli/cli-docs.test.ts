/**
 * What the documents say is so: the reference is up to date, and CONTRIBUTING's recipes work as they stand there.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { commands } from '../../cli/commands/index.ts';
import { countTrials } from '../../core/plan.ts';
import { commandsBlocks } from '../../docs/commands.ts';
import { blocksOf, filled } from '../../docs/markdown.ts';
import { sweepFileBlocks } from '../../docs/sweep-file.ts';
import { openStore } from '../../store/index.ts';
import { exampleSpec, writeExampleRun } from '../support/example-run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const document = (name: string) => readFile(join(ROOT, name), 'utf8');
const run = promisify(execFile);

/** Everything for users; `docs/` has the reference. */
const documents = [
  'README.md',
  'docs/sweep-file.md',
  'docs/commands.md',
  'docs/run-folder.md',
  'docs/operations.md',
  'docs/results.md',
];

const rowsOf = (text: string) => [...text.matchAll(/^\| `sweep ([a-z]+)[^`]*` \|/gm)].map(([, name = '']) => name);

test('docs/commands.md has a row for every command, and for no other', async () => {
  const rows = rowsOf(await document('docs/commands.md'));
  assert.deepEqual([...new Set(rows)].sort(), Object.keys(commands).sort());
});

test('the README shows only commands that there are', async () => {
  const rows = rowsOf(await document('README.md'));
  assert.ok(rows.length > 0);
  for (const name of rows) assert.ok(name in commands, name);
});

test('every option of a command that the documents show exists', async () => {
  const known = new Set(['--no-color', '--help', '--version']);
  const learn = ({ options, commands: below }: Command) => {
    for (const { long } of options) if (long) known.add(long);
    below.forEach(learn);
  };
  for (const { load } of Object.values(commands)) learn(await load());
  for (const name of documents)
    for (const [code] of (await document(name)).matchAll(/`sweep [^`]*`/g)) {
      for (const [option] of code.matchAll(/--[a-z-]+/g)) assert.ok(known.has(option), `${option} in ${code}, ${name}`);
    }
});

test('every file and heading that the documents point to is there', async () => {
  for (const name of [...documents, 'CONTRIBUTING.md', 'CHANGELOG.md']) {
    for (const [, target = '', heading] of (await document(name)).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
      if (/^https?:/.test(target)) continue;
      const file = target === '' ? name : join(dirname(name), target);
      const text = await document(file).catch(() => assert.fail(`${target} in ${name} is not there`));
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchor(title));
      if (heading !== undefined) assert.ok(headings.includes(heading), `#${heading} in ${name}`);
    }
  }
});

/** As GitHub makes it of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe('the reference that is made of the code', () => {
  const made: [name: string, blocks: () => Promise<Record<string, string>> | Record<string, string>][] = [
    ['docs/sweep-file.md', sweepFileBlocks],
    ['docs/commands.md', commandsBlocks],
  ];
  for (const [name, blocks] of made)
    test(`${name} is up to date, and has all of it`, async () => {
      const [text, now] = [await document(name), await blocks()];
      assert.deepEqual(blocksOf(text).sort(), Object.keys(now).sort());
      assert.equal(text, filled(text, now), 'npm run docs writes it anew');
    });

  test('every key, option and command has a meaning', async () => {
    for (const [, blocks] of made)
      for (const text of Object.values(await blocks())) {
        assert.doesNotMatch(text, /\| \|$/m);
        assert.doesNotMatch(text, /undefined|\[object /);
      }
  });
});

describe('the recipes of CONTRIBUTING', () => {
  /** The registry of each recipe: what is added to which record, and to what else. */
  const registries: [file: string, registry: string, edits: [before: RegExp, after: string][]][] = [
    ['models/cells/irnn.ts', 'models/cells/index.ts', [[/cells = \{/, 'cells = { irnn,']]],
    ['models/tasks/parity.ts', 'models/tasks/index.ts', [[/tasks = \{/, 'tasks = { parity,']]],
    ['models/optimizers/signum.ts', 'models/optimizers/index.ts', [[/optimizers = \{/, 'optimizers = { signum,']]],
    [
      'core/space/powers.ts',
      'core/space/index.ts',
      [
        [/Dimension = Conditional</, 'Dimension = Conditional<Powers | '],
        [/interface Kinds \{/, 'interface Kinds { powers: Powers;'],
        [/(const dimensions: .*\} = \{)/, '$1 powers,'],
      ],
    ],
    ['core/search/halton.ts', 'core/search/index.ts', [[/searches = \{/, 'searches = { halton,']]],
    [
      'reports/figures/steps-by-length.ts',
      'reports/figures/index.ts',
      [[/figures = \{/, "figures = { 'steps-by-length': stepsByLength,"]],
    ],
  ];
  /** A command is a folder, and its line in the registry. */
  const command = ['cli/commands/trials/command.ts', 'cli/commands/trials/run.ts'];
  let folder: string;
  const recipes = new Map<string, string>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweep-recipes-'));
    const parts = [
      'activities',
      'cli',
      'core',
      'engine',
      'models',
      'orchestrate',
      'reports',
      'server',
      'setup',
      'store',
      'sweep-file',
      'trainer',
      'workflows',
      'package.json',
      'tsconfig.json',
    ];
    await Promise.all(parts.map((part) => cp(join(ROOT, part), join(folder, part), { recursive: true })));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [, file = '', code = ''] of (await document('CONTRIBUTING.md')).matchAll(
      /```ts\n\/\/ (\S+)\n(.*?)```/gs,
    )) {
      recipes.set(file, code);
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), code);
    }
    for (const [file, registry, edits] of registries) {
      const exported = [...(recipes.get(file) ?? '').matchAll(/^export (interface|const) (\w+)/gm)];
      const names = exported.map(([, kind, name]) => (kind === 'const' ? name : `type ${name}`));
      let text = await readFile(join(folder, registry), 'utf8');
      for (const [old, now] of edits) {
        assert.match(text, old, registry);
        text = text.replace(old, now);
      }
      await writeFile(
        join(folder, registry),
        `import { ${names.join(', ')} } from './${file.split('/').at(-1)}';\n${text}`,
      );
    }
  });
  before(async () => {
    const registry = join(folder, 'cli/commands/index.ts');
    const line =
      "trials: { summary: 'counts', load: async () => (await import('./trials/command.ts')).trialsCommand() },";
    await writeFile(registry, (await readFile(registry, 'utf8')).replace('commands = {', `commands = { ${line}`));
  });
  after(() => rm(folder, { recursive: true }));

  test('there is one for each registry', () => {
    assert.deepEqual([...recipes.keys()].sort(), [...registries.map(([file]) => file), ...command].sort());
  });

  test('they pass the type checker', async () => {
    const files = [...registries.flatMap(([file, registry]) => [file, registry]), ...command, 'cli/commands/index.ts'];
    await writeFile(
      join(folder, 'tsconfig.recipes.json'),
      JSON.stringify({ extends: './tsconfig.json', include: files }),
    );
    const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(folder, 'tsconfig.recipes.json')];
    const { stdout } = await run(process.execPath, tsc).catch((error: { stdout: string }) => error);
    // That everything else passes is `npm run types`.
    assert.deepEqual(
      stdout.split('\n').filter((line) => files.some((file) => line.includes(file))),
      [],
    );
  });

  test('a sweep file may name all of them at once', async () => {
    await writeFile(
      join(folder, 'sweep.json'),
      JSON.stringify({
        name: 'recipes',
        task: { name: 'parity' },
        model: { cell: 'irnn' },
        training: { optimizer: 'signum', signumDecay: 0.5 },
        space: { 'model.hiddenUnits': { powers: [4, 6] }, 'task.length': [4, 8] },
        search: { name: 'halton', trials: 8 },
        report: { figures: ['steps-by-length'] },
      }),
    );
    const { stdout } = await run(process.execPath, [join(folder, 'cli/bin.js'), 'plan', 'sweep.json', '--json'], {
      cwd: folder,
    });
    const { trials, dimensions } = JSON.parse(stdout) as {
      trials: number;
      dimensions: { path: string; values: number }[];
    };
    assert.equal(trials, 8 * 3);
    assert.deepEqual(
      dimensions.map(({ path, values }) => [path, values]),
      [
        ['model.hiddenUnits', 3],
        ['task.length', 2],
      ],
    );
  });

  test('a command runs, and is in the help', async () => {
    const runs = join(folder, 'runs');
    const sweepId = await writeExampleRun(openStore(runs));
    const sweep = (...args: string[]) => run(process.execPath, [join(folder, 'cli/bin.js'), ...args], { cwd: folder });
    const { stdout } = await sweep('trials', sweepId);
    assert.equal(stdout, `${sweepId} has ended ${countTrials(exampleSpec)} trials.\n`);
    assert.match((await sweep('--help')).stdout, /^ +trials .*counts$/m);
  });
});
