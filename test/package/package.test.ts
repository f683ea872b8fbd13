/** What `npm pack` makes, as someone gets it who has no clone: installed into an empty folder, and run there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { stripComments } from 'jsonc-parser';
import { ROOT } from '../../orchestrate/code.ts';
import { run, type RunResult } from '../../setup/process.ts';
import { newMachine, type Machine } from '../support/machine.ts';

/** So that it takes seconds. */
const SMALLER = ['training.maxSteps=60', 'space.task.length=[4]', 'model.hiddenUnits=8'].flatMap((set) => [
  '--set',
  set,
]);

/** What runs on a user's machine while npm installs: each is known not to fetch anything. */
const INSTALL_SCRIPTS = ['@swc/core', 'core-js', 'esbuild', 'protobufjs'];

/** Of somebody who writes TypeScript. `types` of this checkout stand for theirs. */
const USERS = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: 'es2022',
  module: 'nodenext',
  allowImportingTsExtensions: true,
  typeRoots: [join(ROOT, 'node_modules/@types')],
  types: ['node'],
};

/** What the types refuse: each of these lines is an error, or the compiler says that it is none. */
const WRONG = `import { defineSweep, type SweepDefinition } from 'temporal-sweep';
const right = { name: 'n', task: { name: 'palindrome', length: 4 }, model: {}, space: { 'model.cell': ['rnn'] } } satisfies SweepDefinition;
defineSweep(right);
// @ts-expect-error a number
defineSweep({ ...right, repeats: 'three' });
// @ts-expect-error there is no such key
defineSweep({ ...right, repeat: 3 });
// @ts-expect-error it has no name
defineSweep({ task: {}, model: {}, space: {} });
// @ts-expect-error a search has a name
defineSweep({ ...right, search: { trials: 3 } });
`;

const UNREACHABLE = 'npm reaches no registry from here, as it is configured';

interface Packed {
  filename: string;
  files: { path: string }[];
}

describe('the package', () => {
  let machine: Machine;
  let folder: string;
  let packed: Packed;
  /** Whether npm, as it is configured here, reaches a registry. */
  let isReachable: boolean;

  const sweep = (...args: string[]): Promise<RunResult> =>
    run(process.execPath, [join(folder, 'node_modules/.bin/sweep'), ...args], { cwd: folder, env: machine.env });

  before(
    async () => {
      machine = await newMachine();
      folder = join(machine.folder, 'elsewhere');
      await mkdir(folder);
      const pack = ['pack', '--json', '--pack-destination', machine.folder];
      const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT, env: machine.env, maxBuffer: 2 ** 24 });
      [packed] = JSON.parse(stdout.slice(stdout.search(/^\[$/m))) as [Packed];
      const tarball = join(machine.folder, packed.filename);
      const npm = (args: string[], timeoutMs: number) => run('npm', args, { cwd: folder, env: machine.env, timeoutMs });
      isReachable = (await npm(['view', 'zod', 'name', '--fetch-retries', '0'], 60_000)).code === 0;
      if (!isReachable) return;
      const { code, output } = await npm(['install', '--prefer-offline', tarball], 600_000);
      assert.equal(code, 0, output);
    },
    { timeout: 900_000 },
  );
  after(async () => {
    await machine.worker(join(folder, 'runs'));
    await machine.stop();
  });

  test('has the compiled code and its declarations, and nothing that only a clone needs', () => {
    const paths = packed.files.map(({ path }) => path);
    assert.ok(paths.includes('dist/cli/main.js'));
    assert.deepEqual(
      paths.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path)),
      [],
    );
    assert.deepEqual([...new Set(paths.map((path) => path.split('/')[0]))].sort(), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'cli',
      'dist',
      'docs',
      'package.json',
      'sweeps',
    ]);
  });

  test('installs without fetching anything but packages', (t) => {
    if (!isReachable) return t.skip(UNREACHABLE);
    const { packages } = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const scripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    assert.deepEqual(scripts.map(([path]) => path.replace(/^.*node_modules\//, '')).sort(), INSTALL_SCRIPTS);
    return undefined;
  });

  test('runs a sweep to a report that can be proven, without TypeScript', { timeout: 300_000 }, async (t) => {
    if (!isReachable) return t.skip(UNREACHABLE);
    await rename(join(folder, 'node_modules/tsx'), join(machine.folder, 'tsx'));
    const made = await sweep('init');
    assert.equal(made.code, 0, made.output);
    const { $schema } = JSON.parse(stripComments(await readFile(join(folder, 'first.json'), 'utf8'))) as {
      $schema: string;
    };
    assert.equal($schema, './node_modules/temporal-sweep/sweeps/sweep.schema.json');
    const { code, output } = await sweep('start', 'first.json', '--id', 'f', '--workers', '1', ...SMALLER);
    assert.equal(code, 0, output);
    assert.match(output, /Report: runs\/f\/report\/report\.html/);
    assert.equal((await readdir(join(folder, 'runs/f/trials'))).length, 4);
    const proof = await sweep('report', 'f', '--verify');
    assert.equal(proof.code, 0, proof.output);
    await rename(join(machine.folder, 'tsx'), join(folder, 'node_modules/tsx'));
    return undefined;
  });

  test('has types that editors complete by, and takes a sweep file in TypeScript', { timeout: 300_000 }, async (t) => {
    if (!isReachable) return t.skip(UNREACHABLE);
    await copyFile(join(ROOT, 'examples/library/memory.mts'), join(folder, 'memory.mts'));
    await copyFile(join(ROOT, 'examples/library/compare.mts'), join(folder, 'compare.mts'));
    await writeFile(join(folder, 'wrong.ts'), WRONG);
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: USERS, include: ['*.ts', '*.mts'] }),
    );
    const types = await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    assert.equal(types.code, 0, types.output);
    const { code, output } = await sweep('plan', 'memory.mts', '--json');
    assert.equal(code, 0, output);
    assert.equal((JSON.parse(output) as { trials: number }).trials, 8);
    return undefined;
  });
});
