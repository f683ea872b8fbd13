/** Which backend trains where none is asked for, and what is said where it cannot be had. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../core/errors.ts';
import { chooseBackend, originOf } from '../../setup/backend.ts';
import { cacheDir } from '../../setup/home.ts';
import { whyNotOnnx } from '../../setup/onnx.ts';
import { whyNotNative } from '../../setup/tensorflow.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const environment = { ...process.env };
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sweep-choice-'));
  process.env.SWEEP_HOME = join(home, 'sweep');
});

afterEach(async () => {
  process.env = { ...environment };
  await rm(home, { recursive: true, force: true });
});

/** A folder of the cache as set-up leaves it; that its files are no libraries only shows when they are loaded. */
async function part(name: string, version: string): Promise<void> {
  const folder = join(cacheDir(), name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ version, files: {} }));
}
const native = () => part(`tensorflow-2.21.0-cpu-${process.platform}-${process.arch}-tfjs-4.22.0`, '2.21.0');
const onnx = () => part(`onnxruntime-1.27.0-${process.platform}-${process.arch}`, '1.27.0');

test('native TensorFlow trains where it is, else ONNX Runtime, else WebAssembly; what is asked for before them all', async () => {
  assert.match((await chooseBackend()).name, /^wasm \d/);
  await onnx();
  const { name, choice, env, accelerator } = await chooseBackend();
  assert.match(name, /^onnxruntime 1\.27\.0 cpu \S/);
  assert.deepEqual([choice.kind, choice.onnx?.version, accelerator], ['onnx', '1.27.0', 'cpu']);
  assert.deepEqual(env, { ORT_DISABLE_TELEMETRY: '1' });
  assert.deepEqual(originOf(await chooseBackend()), { backend: name, replayed: true });
  assert.match((await chooseBackend('wasm')).name, /^wasm/);
  await native();
  assert.match((await chooseBackend()).name, /^tensorflow 2\.21\.0 cpu/);
  assert.equal((await chooseBackend('onnx')).name, name);
});

test('one that is asked for and is not installed is one line', async () => {
  for (const [kind, what] of [
    ['native', 'native TensorFlow'],
    ['onnx', 'ONNX Runtime'],
  ] as const) {
    await assert.rejects(chooseBackend(kind), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        new RegExp(`^--backend ${kind}: ${what} is not installed; run sweep setup, or allow`),
      );
      return true;
    });
  }
});

/** Runs a command of `sweep` where nothing can be fetched: npm's registry does not answer, and there is no pip. */
function sweep(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, PATH: join(home, 'bin'), TEMPORAL_ADDRESS: '127.0.0.1:9' };
  return new Promise((resolve) =>
    execFile(process.execPath, ['cli/bin.js', ...args], { cwd: ROOT, env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    ),
  );
}

const skip = whyNotNative() ?? whyNotOnnx() ?? false;
const start = ['start', 'sweeps/rnn-vs-lstm.json', '--runs'];

test('where neither can be had a start says why, and that WebAssembly takes their place', { skip }, async () => {
  const { err } = await sweep(...start, join(home, 'runs'));
  assert.match(
    err,
    /^Trials will run as WebAssembly, 15 to 38 times slower than compiled: npm is missing, .* pip is missing, .*$/m,
  );
});

test('where the one that is asked for cannot be had nothing is started', { skip }, async () => {
  for (const [kind, tool] of [
    ['native', 'pip'],
    ['onnx', 'npm'],
  ] as const) {
    const { code, err } = await sweep(...start, join(home, 'runs'), '--backend', kind);
    assert.deepEqual([code, err.trim().split('\n').length], [1, 1], err);
    assert.match(err, new RegExp(`^error: --backend ${kind}: ${tool} is missing`));
  }
});

test('a start takes what is there, and set-up says what is and what is not', { skip }, async () => {
  await onnx();
  assert.doesNotMatch((await sweep(...start, join(home, 'runs'))).err, /WebAssembly|missing/);
  const onlyServer = await sweep('setup', '--backend', 'wasm');
  assert.deepEqual([onlyServer.code, onlyServer.out.split('\n').length], [0, 2], onlyServer.out);
  const { code, out } = await sweep('setup');
  assert.equal(code, 1, 'what is there does not load');
  assert.match(
    out,
    /^TensorFlow {2}pip is missing.*\nONNX Runtime {2}npm is missing.*\nTemporal server {2}none needed/,
  );
});
