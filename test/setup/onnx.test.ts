/**
 * ONNX Runtime out of an npm package: real npm, a registry of the test's own, and the library that is installed here.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { create } from 'tar';
import { UserError } from '../../core/errors.ts';
import { cacheDir } from '../../setup/home.ts';
import { inspectParts } from '../../setup/inspect.ts';
import type { NpmPackage } from '../../setup/npm.ts';
import { findOnnx, installOnnx, whyNotOnnx } from '../../setup/onnx.ts';
import type { SetupProgress } from '../../setup/progress.ts';

const installed = await findOnnx();
const skip = installed ? false : 'ONNX Runtime is not installed: sweep setup';
const BINDING = 'onnxruntime_binding.node';
const environment = { ...process.env };
let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sweep-onnx-'));
  process.env.SWEEP_HOME = join(home, 'sweep');
});

afterEach(async () => {
  process.env = { ...environment };
  await rm(home, { recursive: true, force: true });
});

/** A registry that has one package, as long as the test runs. What is asked of it is kept. */
async function registryOf(
  t: { after(end: () => unknown): void },
  fill: (folder: string) => Promise<void>,
  version = '1.27.0',
): Promise<NpmPackage & { asked: string[] }> {
  const name = 'onnxruntime-node';
  const folder = join(home, 'package', 'bin', 'napi-v6', process.platform, process.arch);
  await mkdir(folder, { recursive: true });
  await mkdir(join(folder, '..', '..', 'plan9', 'mips'), { recursive: true });
  await writeFile(join(folder, '..', '..', 'plan9', 'mips', BINDING), 'for others');
  const manifest = { name, version, scripts: { install: 'exit 1', prepack: 'exit 1' } };
  await writeFile(join(home, 'package', 'package.json'), JSON.stringify(manifest));
  await fill(folder);
  const tarball = join(home, 'package.tgz');
  await create({ gzip: { level: 1 }, file: tarball, cwd: home, portable: true }, ['package']);
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.endsWith('.tgz')) return void response.end(bytes);
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const dist = { tarball: `${at}/${name}.tgz`, integrity };
    response.end(
      JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  process.env['npm_config_registry'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { name, version, integrity, bytes: bytes.length, asked };
}

/** The library that is installed here. */
const real = async (folder: string): Promise<void> => {
  for (const file of await readdir(dirname(installed?.binding ?? '')))
    if (!file.endsWith('.json')) await cp(join(dirname(installed?.binding ?? ''), file), join(folder, file));
};

const refused = async (install: Promise<unknown>, message: RegExp): Promise<void> => {
  await assert.rejects(install, (error: unknown) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.deepEqual(await readdir(cacheDir()), [], 'nothing stays');
};

describe('ONNX Runtime', { skip }, () => {
  test('comes from the registry that npm uses: its folder for this platform alone, and the doctor names it', async (t) => {
    const from = await registryOf(t, real);
    process.env['HOME'] = join(home, 'user');
    const seen: SetupProgress[] = [];
    const onnx = await installOnnx({ from, onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(await findOnnx(), onnx);
    const folder = dirname(onnx.binding);
    assert.equal(folder, join(cacheDir(), `onnxruntime-1.27.0-${process.platform}-${process.arch}`));
    const kept = (await readdir(folder)).filter((name) => !name.endsWith('.json')).sort();
    assert.deepEqual(
      kept,
      (await readdir(dirname(installed?.binding ?? ''))).filter((n) => !n.endsWith('.json')).sort(),
    );
    assert.deepEqual(await readdir(cacheDir()), [`onnxruntime-1.27.0-${process.platform}-${process.arch}`]);
    assert.deepEqual([...new Set(seen.map(({ phase }) => phase))], ['download', 'verify', 'unpack']);
    assert.equal(existsSync(process.env['HOME']), false, 'nothing was put into caches of the user');
    const checked = seen.findLast(({ phase }) => phase === 'verify');
    assert.equal(checked?.done, checked?.total, 'the bar is full at the end');

    const row = (await inspectParts(home)).find(({ name }) => name === 'ONNX Runtime');
    const origin = 'from the npm package onnxruntime-node 1.27.0 (SHA-512 checked)';
    assert.deepEqual([row?.status, row?.version, row?.origin], ['ok', '1.27.0', origin]);

    const asked = from.asked.length;
    assert.deepEqual(await installOnnx({ from }), onnx);
    assert.equal(from.asked.length, asked, 'what is there is not fetched again');
  });

  test('of which a file has gone or is another is not found, and fetched again', async (t) => {
    const from = await registryOf(t, real);
    const { binding } = await installOnnx({ from });
    const bytes = await readFile(binding);
    const other = Buffer.from(bytes).fill(0, bytes.length - 4096);
    for (const damage of [rm, (path: string) => writeFile(path, other)]) {
      await damage(binding);
      assert.equal(await findOnnx(), undefined);
      await installOnnx({ from });
      assert.deepEqual(await readFile(binding), bytes);
    }
  });
});

test('a package that is not the one which was published is not unpacked', async (t) => {
  const from = await registryOf(t, (folder) => writeFile(join(folder, BINDING), 'evil'));
  await refused(
    installOnnx({ from: { ...from, integrity: 'sha512-AAAA' } }),
    /from npm's registry is not the file that was published \(its hash is not sha512-AAAA\)/,
  );
});

test('a library that does not load here, or is not in the package, is not kept', async (t) => {
  const from = await registryOf(t, (folder) => writeFile(join(folder, BINDING), 'no library'));
  await refused(
    installOnnx({ from }),
    /^ONNX Runtime does not load on this machine: .*(invalid ELF|onnxruntime_binding)/,
  );
  const empty = await registryOf(t, (folder) => rm(join(folder, BINDING)));
  await refused(installOnnx({ from: empty }), /^ONNX Runtime does not load on this machine: it holds no binding/);
});

test('a registry that cannot be reached, one without the version, and no npm are each one line', async (t) => {
  const from = await registryOf(t, (folder) => writeFile(join(folder, BINDING), ''));
  await refused(
    installOnnx({ from: { ...from, version: '9.9.9' } }),
    /^npm could not download onnxruntime-node 9\.9\.9: .*9\.9\.9/,
  );
  Object.assign(process.env, { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' });
  await refused(
    installOnnx({ from }),
    /^npm could not download onnxruntime-node 1\.27\.0: its registry cannot be reached$/,
  );
  process.env['PATH'] = home;
  await refused(installOnnx({ from }), /^npm is missing, which downloads ONNX Runtime/);
});

test('where it publishes no library that is said, and which platforms have one', () => {
  assert.match(whyNotOnnx('darwin', 'x64') ?? '', /no library for darwin on x64 \(allowed: linux x64, .*darwin arm64/);
  assert.equal(whyNotOnnx('darwin', 'arm64'), undefined);
  assert.equal(whyNotOnnx('win32', 'x64'), undefined);
});
