/** ONNX Runtime computes and nothing else: from 1.29 on, it would tell its makers that it runs. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOnnx } from '../../setup/onnx.ts';
import { findProgram } from '../../setup/process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const onnx = await findOnnx();
const strace = await findProgram('strace');

/** Trains a small step for a while, as a trainer does; what is in its environment then, in the end. */
const train = `
  import { matMul, tanh, tensor2d } from '@tensorflow/tfjs-core';
  import { loadBackend } from './engine/backends/index.ts';
  import { compile } from './engine/replay/index.ts';
  await loadBackend({ kind: 'onnx', onnx: JSON.parse(process.argv[1]), threads: 1 });
  const step = compile((x) => [tanh(matMul(x, x))], 'step');
  for (let i = 0; i < 200; i++) step.run(tensor2d([1, 2, 3, 4], [2, 2]))[0].dispose();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // what is sent in the background
  console.log(process.env.ORT_DISABLE_TELEMETRY, step.replayed);
`;

test(
  'training on ONNX Runtime asks no network for anything, and leaves no file in HOME or TMPDIR',
  { skip: onnx ? false : 'ONNX Runtime is not installed: sweep setup' },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sweep-silent-'));
    t.after(() => rm(folder, { recursive: true }));
    const [home, tmp, trace] = [join(folder, 'home'), join(folder, 'tmp'), join(folder, 'trace')];
    await Promise.all([home, tmp].map((path) => mkdir(path)));
    const program = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', train, JSON.stringify(onnx)];
    const watched = strace
      ? [strace, '-f', '-e', 'trace=socket,connect,sendto,sendmsg', '-o', trace, ...program]
      : program;
    const { ORT_DISABLE_TELEMETRY: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;
    const { stdout } = await promisify(execFile)(watched[0] ?? '', watched.slice(1), {
      cwd: ROOT,
      env: { ...environment, HOME: home, TMPDIR: tmp, TSX_DISABLE_CACHE: '1' },
    });
    assert.equal(stdout.trim(), '1 true', 'it is told not to, and has run');
    assert.deepEqual([await readdir(home, { recursive: true }), await readdir(tmp, { recursive: true })], [[], []]);
    if (!strace) return t.diagnostic('without strace, connections were not looked for');
    const network = (await readFile(trace, 'utf8')).split('\n').filter((line) => /AF_INET|AF_NETLINK/.test(line));
    assert.deepEqual(network, []);
  },
);
