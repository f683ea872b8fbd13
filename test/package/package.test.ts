/** What `npm pack` makes, as someone gets it who has no clone: installed into an empty folder, and run there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../orchestrate/code.ts';
import { run, type RunResult } from '../../setup/process.ts';
import { newMachine, type Machine } from '../support/machine.ts';

const SWEEP = {
  name: 'first',
  task: { name: 'palindrome', length: 4 },
  model: { hiddenUnits: 8 },
  training: { learningRate: 0.01, batchSize: 16, maxSteps: 60, evaluateEvery: 20, evaluationSize: 50 },
  space: { 'model.cell': ['rnn', 'lstm'] },
  repeats: 2,
};

/** What runs on a user's machine while npm installs: each is known not to fetch anything. */
const INSTALL_SCRIPTS = ['@swc/core', 'core-js', 'esbuild', 'protobufjs'];

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
    await writeFile(join(folder, 'first.json'), JSON.stringify(SWEEP));
    const { code, output } = await sweep('start', 'first.json', '--id', 'f', '--workers', '1');
    assert.equal(code, 0, output);
    assert.match(output, /Report: runs\/f\/report\/report\.html/);
    assert.equal((await readdir(join(folder, 'runs/f/trials'))).length, 4);
    const proof = await sweep('report', 'f', '--verify');
    assert.equal(proof.code, 0, proof.output);
    return undefined;
  });
});
