/**
 * Native TensorFlow: the C library out of the TensorFlow wheel, and tfjs-node's N-API binding compiled against it.
 * Both lie in one folder of the cache, made once for all checkouts; tfjs-node's JavaScript is in engine/backends/.
 */
import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import type { NativeTensorFlow } from '../engine/backends/environment.ts';
import { cacheDir } from './home.ts';
import { findProgram, glibc, loadsIn, run } from './process.ts';
import type { InstallOptions } from './progress.ts';
import { readSealed, seal, type Seal } from './seal.ts';
import { downloadWheel, findPip, unpackWheel } from './wheel.ts';
import { TENSORFLOW, wheelsFor } from './wheels.ts';
import type { Variant, Wheel } from './wheels.ts';
import { ensureFolder, makeOnce } from './workplace.ts';

export type { NativeTensorFlow } from '../engine/backends/environment.ts';

/** The sources of the binding, and the headers of Node's C interface. */
const SOURCES = fileURLToPath(new URL('../engine/backends/tfjs-node/binding', import.meta.url));
const HEADERS = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
const BINDING = 'tfjs_binding.node';
const TFJS = '4.22.0';

/** The device nodes that an NVIDIA driver (or WSL's) gives to programs; a container without a GPU has none. */
export const hasNvidiaGpu = (): boolean => existsSync('/dev/nvidiactl') || existsSync('/dev/dxg');

export const wantedVariant = (): Variant =>
  hasNvidiaGpu() && wheelsFor(process.platform, process.arch, 'gpu') ? 'gpu' : 'cpu';

/** Why native TensorFlow cannot run on this machine, whatever is installed; undefined if it can. */
export function whyNotNative(): string | undefined {
  if (!wheelsFor(process.platform, process.arch, 'cpu')) {
    return `TensorFlow publishes no library for ${process.platform} on ${process.arch} that we can use (Linux on x64 or arm64 has one)`;
  }
  return glibc() === undefined ? "TensorFlow's library needs glibc, and this system has another C library" : undefined;
}

interface Manifest {
  version: string;
  kind: Variant;
  wheels: readonly Wheel[];
  /** Older ones have none. */
  files?: Seal;
}

const folderOf = (variant: Variant): string =>
  join(cacheDir(), `tensorflow-${TENSORFLOW}-${variant}-${process.platform}-${process.arch}-tfjs-${TFJS}`);

/** What is installed, and has all its files, found without starting a process. */
export async function findNative(): Promise<NativeTensorFlow | undefined> {
  for (const variant of wantedVariant() === 'gpu' ? (['gpu', 'cpu'] as const) : (['cpu'] as const)) {
    const folder = folderOf(variant);
    const manifest = await readManifest(folder);
    if (manifest) return { kind: variant, version: manifest.version, binding: join(folder, BINDING) };
  }
  return undefined;
}

/** Of a folder that we made; undefined if it is not there, or a file of it is missing or has changed. */
const readManifest = (folder: string) => readSealed<Manifest>(folder, {});

/** Where it came from, and how that was checked. */
export async function originOfNative({ kind }: NativeTensorFlow): Promise<string> {
  const wheels = (await readManifest(folderOf(kind)))?.wheels ?? [];
  const names = wheels.map(({ project, version }) => `${project} ${version}`);
  return `from the Python wheel${names.length > 1 ? 's' : ''} ${names.join(', ')} (SHA-256 checked), its binding built here`;
}

export interface NativeInstallOptions extends InstallOptions {
  /** For GPU or processor; what suits the machine unless given. */
  variant?: Variant;
}

/** Finds native TensorFlow and tries it, or makes it. Safe to interrupt and to run twice at once. */
export async function installNative({
  variant = wantedVariant(),
  ...options
}: NativeInstallOptions = {}): Promise<NativeTensorFlow> {
  const folder = folderOf(variant);
  const native: NativeTensorFlow = { kind: variant, version: TENSORFLOW, binding: join(folder, BINDING) };
  const isWhole = async (): Promise<boolean> =>
    (await readManifest(folder)) !== undefined && (await loads(native, options.signal)) === undefined;
  if (await isWhole()) return native;

  const wheels = wheelsFor(process.platform, process.arch, variant);
  const impossible = whyNotNative();
  if (impossible || !wheels)
    throw new UserError(`${impossible ?? `TensorFlow publishes no library for a GPU on ${process.arch}`}.`);
  const [pip, compiler] = await Promise.all([findPip(), findCompiler()]);
  if (!pip) throw new UserError(`pip is missing, which downloads TensorFlow's library: ${installHint('pip')}.`);
  if (!compiler)
    throw new UserError(`A C++ compiler is missing, which builds TensorFlow's binding: ${installHint('c++')}.`);
  await checkSpace(wheels);

  const onWait = (): void =>
    options.onProgress?.({ part: 'tensorflow', phase: 'wait', message: 'another process is setting it up' });
  await makeOnce(folder, { signal: options.signal, onWait, isWhole }, async (aside) => {
    const downloads = join(cacheDir(), 'downloads');
    await ensureFolder(downloads);
    const files: string[] = [];
    for (const [i, wheel] of wheels.entries()) {
      const message = `${wheel.project} ${wheel.version}${wheels.length > 1 ? ` (${i + 1} of ${wheels.length})` : ''}`;
      const file = await downloadWheel(wheel, pip, downloads, { ...options, part: 'tensorflow', message });
      await unpackWheel(file, (entry) => placeOf(entry, aside), { ...options, part: 'tensorflow', message });
      files.push(file);
    }
    await build(compiler, aside, options);
    const trouble = await loads({ ...native, binding: join(aside, BINDING) }, options.signal);
    if (trouble) throw new UserError(`TensorFlow's library does not load on this machine: ${trouble}`);
    await rm(join(aside, 'tensorflow', 'include'), { recursive: true });
    const manifest: Manifest = { version: TENSORFLOW, kind: variant, wheels, files: await seal(aside) };
    await writeFile(join(aside, 'manifest.json'), JSON.stringify(manifest, null, 2));
    await Promise.all(files.map((file) => rm(file, { force: true })));
  });
  return native;
}

/**
 * The libraries, in the folders that a Python environment has: they find each other, and CUDA's, by relative paths. Of
 * 13,000 headers the binding needs a few folders.
 */
function placeOf(entry: string, folder: string): string | undefined {
  const wanted =
    /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/.test(entry) ||
    /^nvidia\/\w+\/lib\/lib[\w.-]+\.so[.\d]*$/.test(entry) ||
    /^tensorflow\/include\/(tensorflow\/c|tensorflow\/core\/platform|tsl\/platform|xla\/tsl\/c)\/[\w/.-]+\.h$/.test(
      entry,
    );
  return wanted ? join(folder, entry) : undefined;
}

/**
 * What node-gyp would do with the package's binding.gyp, without its Python and without Node's sources: N-API is a
 * stable ABI.
 */
async function build(compiler: string, folder: string, { onProgress, signal }: InstallOptions): Promise<void> {
  onProgress?.({ part: 'tensorflow', phase: 'build', message: 'the N-API binding' });
  const result = await run(
    compiler,
    [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      '-DNAPI_VERSION=8',
      '-DNDEBUG',
      '-w',
      `-I${HEADERS}`,
      `-I${join(folder, 'tensorflow', 'include')}`,
      join(SOURCES, 'tfjs_backend.cc'),
      join(SOURCES, 'tfjs_binding.cc'),
      `-L${join(folder, 'tensorflow')}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      '-Wl,-rpath,$ORIGIN/tensorflow',
      '-o',
      join(folder, BINDING),
    ],
    { signal },
  );
  if (result.code !== 0) {
    const line = result.output.split('\n').find((text) => /error|not found/i.test(text)) ?? result.output.trim();
    throw new UserError(`${compiler} could not build TensorFlow's binding: ${line.slice(0, 300)}`);
  }
}

export async function findCompiler(): Promise<string | undefined> {
  for (const name of [process.env.CXX ?? '', 'c++', 'g++', 'clang++']) {
    const path = name && (existsSync(name) ? name : await findProgram(name));
    if (path) return path;
  }
  return undefined;
}

/** Loads the binding in a process of its own; what went wrong, if anything. */
export const loads = ({ binding }: NativeTensorFlow, signal?: AbortSignal): Promise<string | undefined> =>
  loadsIn('require(process.argv[1]).TF_Version || process.exit(1)', binding, { TF_CPP_MIN_LOG_LEVEL: '3' }, signal);

async function checkSpace(wheels: readonly Wheel[]): Promise<void> {
  await ensureFolder(cacheDir());
  const { bavail, bsize } = await statfs(cacheDir());
  // Wheels unpack to about three times their size, and lie beside what came out of them until the end.
  const needed = wheels.reduce((sum, wheel) => sum + wheel.bytes, 0) * 4.2;
  if (bavail * bsize < needed) {
    const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
    throw new UserError(
      `TensorFlow needs ${gigabytes(needed)} GB in ${cacheDir()}, which has ${gigabytes(bavail * bsize)} GB free; ` +
        'free some, or set SWEEP_HOME to a folder on a larger disk.',
    );
  }
}

/** How to get a tool, in a line. */
export function installHint(tool: 'pip' | 'c++'): string {
  const packages = { pip: ['python3-pip', 'python3-pip'], 'c++': ['g++', 'gcc-c++'] }[tool];
  if (process.platform === 'darwin') return tool === 'c++' ? 'xcode-select --install' : 'brew install python';
  return `apt install ${packages[0]} (Debian, Ubuntu), dnf install ${packages[1]} (Fedora)`;
}
