/**
 * What the documents say is so: the README names every command, and CONTRIBUTING's recipes work as they stand there.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commands } from '../../cli/commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const document = (name: string) => readFile(join(ROOT, name), 'utf8');
const run = promisify(execFile);

test('the README has a row for every command, and for no other', async () => {
  const rows = [...(await document('README.md')).matchAll(/^\| `sweep ([a-z]+)[^`]*` \|/gm)].map(([, name]) => name);
  assert.deepEqual([...new Set(rows)].sort(), Object.keys(commands).sort());
});

test('every option of a command that the README shows exists', async () => {
  const known = new Set(['--no-color', '--help', '--version']);
  for (const { load } of Object.values(commands))
    for (const { long } of (await load()).options) if (long) known.add(long);
  for (const [code] of (await document('README.md')).matchAll(/`sweep [^`]*`/g)) {
    for (const [option] of code.matchAll(/--[a-z-]+/g)) assert.ok(known.has(option), `${option} in ${code}`);
  }
});

test('every file that the documents point to is there', async () => {
  for (const name of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']) {
    for (const [, target = ''] of (await document(name)).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!/^https?:/.test(target)) await assert.doesNotReject(readFile(join(ROOT, target)), `${target} in ${name}`);
    }
  }
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
  let folder: string;
  const recipes = new Map<string, string>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sweep-recipes-'));
    const parts = [
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
      'package.json',
      'tsconfig.json',
    ];
    await Promise.all(parts.map((part) => cp(join(ROOT, part), join(folder, part), { recursive: true })));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [, file = '', code = ''] of (await document('CONTRIBUTING.md')).matchAll(
      /```ts\n\/\/ (\S+)\n(.*?)```/gs,
    )) {
      recipes.set(file, code);
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
  after(() => rm(folder, { recursive: true }));

  test('there is one for each registry', () => {
    assert.deepEqual([...recipes.keys()].sort(), registries.map(([file]) => file).sort());
  });

  test('they pass the type checker', async () => {
    const files = registries.flatMap(([file, registry]) => [file, registry]);
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
});
