/** What decides results besides the sweep file is known: the processor, the environment, the code. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nameOfNative } from '../../engine/backends/environment.ts';
import { instructions, instructionsOf } from '../../engine/backends/instructions.ts';
import { environmentHash } from '../../orchestrate/environment.ts';
import { collectProvenance } from '../../reports/provenance.ts';

const avx2 = ['sse4_1', 'avx', 'avx2'];
const avx512 = [...avx2, 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'];

test('ONEDNN_MAX_CPU_ISA takes instructions from a processor, and gives it none', () => {
  const of = (flags: string[], limit?: string) => instructionsOf(new Set(flags), limit);
  assert.deepEqual(
    [of(avx512), of(avx512, 'AVX512_CORE'), of(avx512, 'DEFAULT'), of(avx512, 'AVX512_CORE_AMX')],
    Array(4).fill('avx512'),
  );
  assert.deepEqual(
    [of(avx512, 'AVX2'), of(avx512, 'avx2'), of(avx512, 'SSE41'), of(avx512, 'AVX2_VNNI')],
    Array(4).fill('avx2'),
  );
  assert.deepEqual([of(avx2), of(avx2, 'AVX512_CORE'), of(avx2, 'DEFAULT')], Array(3).fill('avx2'));
  assert.deepEqual([of(['avx']), of(['avx'], 'AVX2'), of(['avx'], 'AVX512_CORE')], Array(3).fill(undefined));
  assert.equal(instructionsOf(undefined, 'AVX512_CORE'), 'avx2', 'where it cannot be known');
});

/** Sets variables while `work` runs. */
function withEnvironment<T>(variables: Record<string, string>, work: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  const restore = () =>
    before.forEach(([name, value]) => (value === undefined ? delete process.env[name] : (process.env[name] = value)));
  Object.assign(process.env, variables);
  const came = work();
  if (came instanceof Promise) return came.finally(restore) as T;
  restore();
  return came;
}

test('what TensorFlow computes otherwise because of a variable has another name', () => {
  const plain = { TF_ENABLE_ONEDNN_OPTS: '', ONEDNN_DEFAULT_FPMATH_MODE: '', TF_XLA_FLAGS: '' };
  const name = (kind: 'cpu' | 'gpu', variables: Record<string, string>) =>
    withEnvironment({ ...plain, ...variables }, () => nameOfNative({ version: '2.21.0', kind }));
  const usual = `tensorflow 2.21.0 cpu ${instructions() ?? process.arch}`;
  assert.equal(name('cpu', {}), usual);
  assert.equal(
    name('cpu', { TF_ENABLE_ONEDNN_OPTS: '0', TF_CPP_MIN_LOG_LEVEL: '1', NVIDIA_TF32_OVERRIDE: '1' }),
    usual,
  );
  assert.equal(name('cpu', { ONEDNN_DEFAULT_FPMATH_MODE: 'BF16' }), `${usual} ONEDNN_DEFAULT_FPMATH_MODE=BF16`);
  assert.equal(
    name('gpu', { NVIDIA_TF32_OVERRIDE: '1', TF_ENABLE_ONEDNN_OPTS: '1' }),
    'tensorflow 2.21.0 gpu TF_ENABLE_ONEDNN_OPTS=1 NVIDIA_TF32_OVERRIDE=1',
  );
});

test('a worker is known by the variables that it reads, and by no other', () => {
  const base = { HOME: '/home/a', ONEDNN_MAX_CPU_ISA: 'AVX2' };
  const hash = environmentHash(base);
  for (const other of [{ HOME: '/home/b' }, { NO_COLOR: '1' }, { TEMPORAL_ADDRESS: 'here:1' }, { SWEEP_LANES: '1' }]) {
    assert.equal(environmentHash({ ...base, ...other }), hash, JSON.stringify(other));
  }
  const others = [
    { ONEDNN_MAX_CPU_ISA: 'AVX512_CORE' },
    { TF_XLA_FLAGS: 'x' },
    { CUDA_VISIBLE_DEVICES: '1' },
    { LD_PRELOAD: 'x.so' },
    { SWEEP_CHECKPOINT_SECONDS: '1' },
    { TEMPORAL_API_KEY: 'k' },
  ];
  const hashes = others.map((other) => environmentHash({ ...base, ...other }));
  assert.equal(new Set([hash, ...hashes]).size, others.length + 1);
});

test('provenance names the commit of this code, wherever the variables of git point', async (t) => {
  const stranger = await mkdtemp(join(tmpdir(), 'sweep-stranger-'));
  t.after(() => rm(stranger, { recursive: true }));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', stranger, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
  git('init', '--quiet');
  git('commit', '--quiet', '--allow-empty', '--message', 'of another repository');
  const own = await collectProvenance();
  const led = await withEnvironment(
    { GIT_DIR: join(stranger, '.git'), GIT_WORK_TREE: stranger, GIT_INDEX_FILE: join(stranger, 'index') },
    () => collectProvenance(),
  );
  assert.deepEqual(led.git, own.git);
});
