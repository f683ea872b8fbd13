/** What is here, what is missing, and how to get it: the data behind `sweep doctor`. */
import { existsSync, statSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { chooseBackend } from './backend.ts';
import { cacheDir, stateDir } from './home.ts';
import { findOnnx, loadsOnnx, originOfOnnx, whyNotOnnx } from './onnx.ts';
import { findProgram, run } from './process.ts';
import { findTemporal, versionOf } from './temporal.ts';
import { findGo, GO_HINT, oldGo } from './temporal-go.ts';
import {
  findCompiler,
  findNative,
  hasNvidiaGpu,
  installHint,
  loads,
  originOfNative,
  wantedVariant,
  whyNotNative,
} from './tensorflow.ts';
import { findPip, runPip } from './wheel.ts';

export interface Part {
  name: string;
  /** missing: something will not work; optional: works without, the hint says what it would give. */
  status: 'ok' | 'missing' | 'optional';
  version?: string;
  path?: string;
  /** Of what was set up: where it came from, and how that was checked. */
  origin?: string | undefined;
  hint?: string;
}

/** Everything but the server that runs, which server/ knows about. `runs`: the folder of runs, if it is one. */
export async function inspectParts(runs: string | undefined): Promise<Part[]> {
  const parts = await Promise.all([
    node(),
    npm(),
    pip(),
    compiler(),
    go(),
    temporal(),
    native(),
    onnx(),
    gpu(),
    wasm(),
    backend(),
    processor(),
    memory(),
    disk('Parts', cacheDir()),
    disk('Server state', stateDir()),
    runs === undefined ? [] : disk('Runs', runs),
  ]);
  return parts.flat();
}

async function node(): Promise<Part> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const recent = major > 20 || (major === 20 && minor >= 3);
  return {
    name: 'Node.js',
    version: process.versions.node,
    path: process.execPath,
    ...(recent ? { status: 'ok' } : { status: 'missing', hint: 'Node 20.3 or newer is needed' }),
  };
}

async function npm(): Promise<Part> {
  return tool('npm', await findProgram('npm'), ['--version'], 'only for installing sweep itself');
}

async function pip(): Promise<Part> {
  const found = await findPip();
  if (!found)
    return { name: 'Python with pip', status: 'optional', hint: `downloads native TensorFlow: ${installHint('pip')}` };
  const { output } = await runPip(found, ['--version'], { timeoutMs: 30_000 });
  return { name: 'Python with pip', status: 'ok', version: /^pip (\S+)/m.exec(output)?.[1] ?? '', path: found.command };
}

async function compiler(): Promise<Part> {
  const hint = `builds native TensorFlow's binding: ${installHint('c++')}`;
  return tool('C++ compiler', await findCompiler(), ['-dumpfullversion', '-dumpversion'], hint);
}

async function go(): Promise<Part> {
  const hint = `builds the Temporal server where it cannot be downloaded: ${GO_HINT}`;
  const found = await tool('Go', await findGo(), ['version'], hint);
  return oldGo(found.version ?? '') ? { ...found, status: 'optional', hint } : found;
}

async function temporal(): Promise<Part> {
  const name = 'Temporal program';
  const found = await findTemporal();
  if (!found) return { name, status: 'missing', hint: 'sweep setup' };
  const version = found.version ?? (await versionOf(found.path));
  return version
    ? { name, status: 'ok', version, path: found.path, origin: found.origin }
    : { name, status: 'missing', path: found.path, hint: 'it does not run; sweep setup makes it again' };
}

async function native(): Promise<Part> {
  const name = 'TensorFlow, native';
  const found = await findNative();
  if (!found) {
    const better = (await findOnnx()) ? 'a little faster than ONNX Runtime, and for GPUs: sweep setup' : COMPILED;
    return { name, status: 'optional', hint: whyNotNative() ?? better };
  }
  const library = {
    name,
    version: `${found.version} ${found.kind.toUpperCase()}`,
    path: found.binding,
    origin: await originOfNative(found),
  };
  const better = wantedVariant() === 'gpu' && found.kind === 'cpu';
  const hint = 'there is a GPU: sweep setup installs its libraries';
  return { ...loaded(library, await loads(found)), ...(better && { hint }) };
}

async function onnx(): Promise<Part> {
  const name = 'ONNX Runtime';
  const found = await findOnnx();
  if (!found) return { name, status: 'optional', hint: whyNotOnnx() ?? COMPILED };
  const { version, binding: path } = found;
  return loaded({ name, version, path, origin: await originOfOnnx(found) }, await loadsOnnx(found));
}

const COMPILED = '15 to 38 times as fast as WebAssembly: sweep setup';

const loaded = (library: Omit<Part, 'status'>, trouble: string | undefined): Part =>
  trouble === undefined
    ? { ...library, status: 'ok' }
    : { ...library, status: 'missing', hint: `it does not load (${trouble}); sweep setup makes it again` };

/** What would train here, as results name it. */
async function backend(): Promise<Part> {
  return { name: 'Backend', status: 'ok', version: (await chooseBackend()).name };
}

async function gpu(): Promise<Part[]> {
  const program = await findProgram('nvidia-smi', ['/usr/lib/wsl/lib']);
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const listed = program && (await run(program, query, { timeoutMs: 20_000 }));
  const names = listed && listed.code === 0 ? listed.output.trim().split('\n').filter(Boolean) : [];
  if (names.length > 0) return names.map((version) => ({ name: 'GPU', status: 'ok', version }));
  return [{ name: 'GPU', status: 'optional', version: hasNvidiaGpu() ? 'NVIDIA, of unknown kind' : 'none' }];
}

async function wasm(): Promise<Part> {
  const path = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const { version } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { version: string };
  return { name: 'TensorFlow, WebAssembly', status: 'ok', version, path };
}

async function processor(): Promise<Part> {
  return {
    name: 'Processor',
    status: 'ok',
    version: `${availableParallelism()} cores, ${cpus()[0]?.model.trim() ?? process.arch}`,
  };
}

async function memory(): Promise<Part> {
  return { name: 'Memory', status: 'ok', version: `${gigabytes(totalmem())}, ${gigabytes(freemem())} free` };
}

async function disk(name: string, path: string): Promise<Part> {
  let there = path;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  if (!statSync(there, { throwIfNoEntry: false })?.isDirectory())
    return { name, path, status: 'missing', hint: `${there} is no folder` };
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const version = `${gigabytes(free)} free`;
  return free < 1e9
    ? { name, path, version, status: 'missing', hint: 'less than 1 GB is left' }
    : { name, path, version, status: 'ok' };
}

async function tool(name: string, path: string | undefined, args: readonly string[], hint: string): Promise<Part> {
  if (!path) return { name, status: 'optional', hint };
  const { code, output } = await run(path, args, { timeoutMs: 20_000 });
  const version = /\d+(\.\d+)+/.exec(output)?.[0];
  if (code === 0 && version) return { name, status: 'ok', version, path };
  return { name, status: 'optional', path, hint: `it does not run; ${hint}` };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
