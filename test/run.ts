/**
 * `npm test` and `sh test/run.sh [FILE…]`: sets up the parts that tests need, starts one Temporal server for all tests
 * that harm none, and runs the files side by side. A part that this machine could have and has not is an error, for its
 * tests would be left out without a word; SWEEP_TEST_WITHOUT=native,onnx,server leaves them out on purpose.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { workflowBundle } from '../orchestrate/bundle.ts';
import { cacheDir } from '../setup/home.ts';
import { findOnnx, whyNotOnnx } from '../setup/onnx.ts';
import { findTemporal } from '../setup/temporal.ts';
import { findNative, whyNotNative } from '../setup/tensorflow.ts';
import { newMachine, type Machine } from './support/machine.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** These take longest, so they begin first: then none is left to run alone at the end. */
const LONGEST = [
  'faults',
  'package',
  'orchestration',
  'control',
  'graph-lanes',
  'graph-lanes-onnx',
  'graph-onnx',
  'packed-jobs',
  'survival',
  'packed-sweep',
  'names',
  'graph',
  'upgrade',
  'replay',
  'bad-input',
  'cli',
];

const say = (line: string) => void process.stderr.write(`${line}\n`);

/** Runs a program of this checkout with our output; its exit status. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  const passed = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const; // whatever ends it, the server is stopped after it
  for (const signal of passed) process.on(signal, pass);
  const [code] = (await once(child, 'close')) as [number | null];
  for (const signal of passed) process.off(signal, pass);
  return code ?? 1;
}

/** The environment, but for a Temporal server that it, or a profile, may name: tests have their own. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    TEMPORAL_CONFIG_FILE: join(ROOT, 'none.toml'),
  };
}

/** What this machine could have and has not, as SWEEP_TEST_WITHOUT names it. */
async function missingParts(): Promise<string[]> {
  const [native, onnx, temporal] = await Promise.all([findNative(), findOnnx(), findTemporal()]);
  return [
    ...(native || whyNotNative() !== undefined ? [] : ['native']),
    ...(onnx || whyNotOnnx() !== undefined ? [] : ['onnx']),
    ...(temporal ? [] : ['server']),
  ];
}

/** Of all files, those that can be run without a server. */
function withoutServer(files: readonly string[]): string[] {
  const needs = (file: string) =>
    /newLaboratory\(|newMachine\(|startEmbedded\(|installTemporal\(|from '\.\.\/faults\//.test(
      readFileSync(join(ROOT, file), 'utf8'),
    );
  const left = files.filter(needs);
  say(`left out, for they need a Temporal server: ${left.join(', ')}`);
  return files.filter((file) => !left.includes(file));
}

/** Those that are given, or all. */
function filesOf(given: readonly string[]): string[] {
  if (given.length > 0) return [...given];
  const rank = (file: string) =>
    (LONGEST.indexOf(basename(file, '.test.ts')) + LONGEST.length + 1) % (LONGEST.length + 1);
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .sort();
  return files.sort((a, b) => rank(a) - rank(b)).map((file) => `test/${file}`);
}

/**
 * One file more at a time than there are cores: some wait for a server or a process. An older node 20 has no such flag,
 * and runs one less than it has cores.
 */
async function concurrency(env: NodeJS.ProcessEnv): Promise<string[]> {
  const flag = `--test-concurrency=${availableParallelism() + 1}`;
  const child = spawn(process.execPath, [flag, '-e', ''], { env, stdio: 'ignore' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? [flag] : [];
}

/** A server for the tests that harm none: most of them in a laboratory. */
async function sharedServer(): Promise<{ machine: Machine; address: string }> {
  const machine = await newMachine();
  const { code, stdout, stderr } = await machine.sweep('server', 'start');
  if (code !== 0) {
    await machine.stop();
    throw new Error(`no Temporal server for the tests: ${stdout}${stderr}`);
  }
  return { machine, address: `127.0.0.1:${machine.env['SWEEP_SERVER_PORT']}` };
}

async function main(given: readonly string[]): Promise<number> {
  const env = ownEnvironment();
  await run(['cli/bin.js', 'setup'], env);
  const without = (process.env['SWEEP_TEST_WITHOUT'] ?? '').split(',');
  const missing = await missingParts();
  const unexpected = missing.filter((part) => !without.includes(part));
  if (unexpected.length > 0) {
    say(
      `error: no tests were run: ${unexpected.join(' and ')} could not be set up, for the reason above. To leave their tests out: SWEEP_TEST_WITHOUT=${missing.join(',')}`,
    );
    return 1;
  }
  const files = missing.includes('server') && given.length === 0 ? withoutServer(filesOf(given)) : filesOf(given);
  if (given.length !== 1) await workflowBundle(cacheDir()); // else the first files would each make it, at the same time
  const shared = given.length === 1 || missing.includes('server') ? undefined : await sharedServer();
  try {
    return await run([...(await concurrency(env)), '--import', 'tsx', '--test', ...files], {
      ...env,
      ...(shared && { SWEEP_TEST_SERVER: shared.address }),
    });
  } finally {
    await shared?.machine.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
