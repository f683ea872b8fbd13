/**
 * ONNX Runtime: the library and its N-API binding out of the npm package onnxruntime-node, of which the folder for this
 * platform is kept. It needs no Python, no compiler and nothing of node_modules.
 */
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { onnxEnvironment, type OnnxRuntime } from '../engine/backends/onnx-runtime.ts';
import { cacheDir } from './home.ts';
import { downloadPackage, findNpm, unpackFolder, type NpmPackage } from './npm.ts';
import { glibc, loadsIn } from './process.ts';
import type { InstallOptions } from './progress.ts';
import { readSealed, seal, type Seal } from './seal.ts';
import { exists, makeOnce } from './workplace.ts';

export type { OnnxRuntime } from '../engine/backends/onnx-runtime.ts';

/** For all platforms together. */
const PACKAGE: NpmPackage = {
  name: 'onnxruntime-node',
  version: '1.27.0',
  integrity: 'sha512-QEzGwrvNBgv4uPVdnbHsOGG4G6T96mdlcFI8aAKPjMU8wOPpVocPXb6k3QGkaZagVTv2G9Bnnbo6Z3JdXr1fQw==',
  bytes: 100_893_124,
};
/** Those that it holds a library for. */
const PLATFORMS = ['linux x64', 'linux arm64', 'darwin arm64', 'win32 x64', 'win32 arm64'];
const BINDING = 'onnxruntime_binding.node';
/** What its Linux libraries are linked with. */
const GLIBC = 28;

/** Why ONNX Runtime cannot run on this machine; undefined if it can. */
export function whyNotOnnx(platform: string = process.platform, arch: string = process.arch): string | undefined {
  if (!PLATFORMS.includes(`${platform} ${arch}`))
    return `ONNX Runtime publishes no library for ${platform} on ${arch} (allowed: ${PLATFORMS.join(', ')})`;
  if (platform !== 'linux') return undefined;
  const minor = Number(/^2\.(\d+)/.exec(glibc() ?? '')?.[1] ?? 0);
  return minor >= GLIBC ? undefined : `ONNX Runtime needs glibc 2.${GLIBC}, and this system has ${glibc() ?? 'none'}`;
}

interface Manifest {
  version: string;
  origin: string;
  files: Seal;
}

const folderOf = ({ version }: NpmPackage): string =>
  join(cacheDir(), `onnxruntime-${version}-${process.platform}-${process.arch}`);

const readManifest = (folder: string) => readSealed<Manifest>(folder);

/** What is installed, and has all its files, found without starting a process. */
export async function findOnnx(): Promise<OnnxRuntime | undefined> {
  const folder = folderOf(PACKAGE);
  const manifest = await readManifest(folder);
  return manifest && { version: manifest.version, binding: join(folder, BINDING) };
}

/** Where it came from, and how that was checked. */
export const originOfOnnx = async ({ binding }: OnnxRuntime): Promise<string | undefined> =>
  (await readManifest(dirname(binding)))?.origin;

export interface OnnxInstallOptions extends InstallOptions {
  /** Tests have a small one. */
  from?: NpmPackage;
}

/** Finds ONNX Runtime and tries it, or fetches it. Safe to interrupt and to run twice at once. */
export async function installOnnx({ from = PACKAGE, ...options }: OnnxInstallOptions = {}): Promise<OnnxRuntime> {
  const impossible = whyNotOnnx();
  if (impossible) throw new UserError(`${impossible}.`);
  const folder = folderOf(from);
  const onnx: OnnxRuntime = { version: from.version, binding: join(folder, BINDING) };
  const isWhole = async (): Promise<boolean> =>
    (await readManifest(folder)) !== undefined && (await loadsOnnx(onnx, options.signal)) === undefined;
  if (await isWhole()) return onnx;
  const npm = await findNpm();
  if (!npm)
    throw new UserError('npm is missing, which downloads ONNX Runtime: it comes with Node.js, https://nodejs.org.');

  const onWait = (): void =>
    options.onProgress?.({ part: 'onnx', phase: 'wait', message: 'another process is setting it up' });
  await makeOnce(folder, { signal: options.signal, onWait, isWhole }, async (aside) => {
    const download = join(aside, 'download');
    const file = await downloadPackage(from, npm, download, { ...options, part: 'onnx' });
    options.onProgress?.({ part: 'onnx', phase: 'unpack', message: `${from.name} ${from.version}` });
    await unpackFolder(file, `bin/napi-v6/${process.platform}/${process.arch}`, aside);
    await rm(download, { recursive: true });
    const trouble = await loadsOnnx({ ...onnx, binding: join(aside, BINDING) }, options.signal);
    if (trouble) throw new UserError(`ONNX Runtime does not load on this machine: ${trouble}`);
    const origin = `from the npm package ${from.name} ${from.version} (SHA-512 checked)`;
    const manifest: Manifest = { version: from.version, origin, files: await seal(aside) };
    await writeFile(join(aside, 'manifest.json'), JSON.stringify(manifest, null, 2));
  });
  return onnx;
}

/** Loads the binding in a process of its own; what went wrong, if anything. */
export const loadsOnnx = async ({ binding }: OnnxRuntime, signal?: AbortSignal): Promise<string | undefined> =>
  (await exists(binding))
    ? loadsIn('require(process.argv[1]).InferenceSession || process.exit(1)', binding, onnxEnvironment(), signal)
    : 'it holds no binding';
