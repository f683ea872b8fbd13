/**
 * The Temporal dev server is one program, `temporal`: found on PATH or in our cache, else downloaded from where the SDK
 * downloads it, else built with Go from the pinned module beside this file.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import { cacheDir } from './home.ts';
import { findProgram, run } from './process.ts';
import type { InstallOptions, SetupProgress } from './progress.ts';
import { makeOnce } from './workplace.ts';

export interface TemporalProgram {
  path: string;
  source: 'PATH' | 'cache';
  /** As it says itself: '1.5.1 (Server 1.29.1, UI 2.42.1)'. Only known where it was asked. */
  version?: string;
}

export const TEMPORAL_CLI = '1.5.1';
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
const MODULE = fileURLToPath(new URL('temporal-cli', import.meta.url));
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
/** Where the Temporal SDKs fetch the same program. */
const DOWNLOADS = 'https://temporal.download';

const folder = (): string => join(cacheDir(), `temporal-${TEMPORAL_CLI}-${process.platform}-${process.arch}`);

/** Asks the `temporal` on PATH whether it is Temporal's; ours needs no asking. */
export async function findTemporal(signal?: AbortSignal): Promise<TemporalProgram | undefined> {
  const onPath = await findProgram(PROGRAM);
  const version = onPath && await versionOf(onPath, signal);
  if (onPath && version) return { path: onPath, source: 'PATH', version };
  const cached = join(folder(), PROGRAM);
  return existsSync(cached) ? { path: cached, source: 'cache' } : undefined;
}

export async function versionOf(program: string, signal?: AbortSignal): Promise<string | undefined> {
  const { code, output } = await run(program, ['--version'], { signal, timeoutMs: 20_000 });
  return code === 0 ? /^temporal version (.+)$/m.exec(output)?.[1] : undefined;
}

export interface TemporalInstallOptions extends InstallOptions {
  /** Tests serve their own. */
  downloads?: string;
  /** The Go program to build with, '' for none; found where it usually is unless given. */
  go?: string;
  /** A download from which nothing has come for so long is given up; 20 s unless given. */
  silenceMs?: number;
}

/** Finds the server program and tries it, or makes it. Safe to interrupt and to run twice at once. */
export async function installTemporal(options: TemporalInstallOptions = {}): Promise<TemporalProgram> {
  const ours: TemporalProgram = { path: join(folder(), PROGRAM), source: 'cache' };
  const isWhole = async (): Promise<boolean> => (await versionOf(ours.path, options.signal)) !== undefined;
  const found = await findTemporal(options.signal);
  if (found && (found.source === 'PATH' || await isWhole())) return found;
  const onWait = (): void => options.onProgress?.({ part: 'temporal', phase: 'wait', message: 'another process is setting it up' });
  await makeOnce(folder(), { signal: options.signal, onWait, isWhole }, async (aside) => {
    const target = join(aside, PROGRAM);
    const unreachable = await download(target, options);
    if (unreachable) await build(target, unreachable, options);
    if (!(await versionOf(target, options.signal))) {
      throw new UserError('The Temporal server that was downloaded or built does not run here: temporal --version failed.');
    }
  });
  return ours;
}

/** Returns why it could not be downloaded, soon: a blocked network must not hold up the build. */
async function download(target: string, options: TemporalInstallOptions): Promise<string | undefined> {
  const report = (progress: Partial<SetupProgress>): void =>
    options.onProgress?.({ part: 'temporal', phase: 'download', unit: 'bytes', message: `temporal ${TEMPORAL_CLI}`, ...progress });
  const archive = `${target}.tar.gz`;
  const stalled = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stalled.signal]) : stalled.signal;
  let timer: NodeJS.Timeout | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error('it did not answer in time')), options.silenceMs ?? 20_000);
  };
  try {
    report({ done: 0 });
    alive();
    const platform = process.platform === 'win32' ? 'windows' : process.platform;
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const query = new URLSearchParams({ arch, platform, format: 'tar.gz' });
    const info = await fetch(`${options.downloads ?? DOWNLOADS}/cli/v${TEMPORAL_CLI}?${query}`, { signal });
    if (!info.ok) return `${info.url} answered ${info.status}`;
    const { archiveUrl, fileToExtract } = await info.json() as { archiveUrl: string; fileToExtract: string };
    if (!/^[\w.-]+$/.test(fileToExtract)) return `an unexpected file name, ${fileToExtract}`;
    alive();
    const response = await fetch(archiveUrl, { signal });
    if (!response.ok || !response.body) return `${archiveUrl} answered ${response.status}`;
    const total = Number(response.headers.get('content-length'));
    let done = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, next): void {
        alive();
        report({ done: done += chunk.length, ...(total > 0 && { total }) });
        next(null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body as ReadableStream);
    await pipeline(body, counter, createWriteStream(archive), { signal });
    const unpacked = await run('tar', ['-xzf', archive, '-C', join(target, '..'), fileToExtract], { signal: options.signal });
    if (unpacked.code !== 0) return `tar could not unpack it: ${unpacked.output.trim()}`;
    if (fileToExtract !== PROGRAM) await rename(join(target, '..', fileToExtract), target);
    await chmod(target, 0o755);
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    const cause = (error as Error).cause as Error | undefined;
    return cause?.message || (error as Error).message;
  } finally {
    clearTimeout(timer);
    await rm(archive, { force: true });
  }
}

export const GO_HINT = 'get 1.21 or newer from https://go.dev/dl';

/** The version that `go version` says, if it is before 1.21: such a Go cannot fetch the newer one that the module asks for. */
export const oldGo = (said: string): string | undefined => /(?<![.\d])1\.(?:1?\d|20)(?:\.\d+)?(?![.\d])/.exec(said)?.[0];

export const findGo = (): Promise<string | undefined> => findProgram('go', ['/usr/local/go/bin', '/opt/homebrew/bin']);

async function build(target: string, unreachable: string, { onProgress, signal, go: given }: TemporalInstallOptions): Promise<void> {
  const go = given ?? await findGo();
  const old = go && oldGo((await run(go, ['version'], { signal, timeoutMs: 20_000 })).output);
  if (!go || old) {
    throw new UserError(`There is no Temporal server here: \`temporal\` is not on PATH, it could not be downloaded (${unreachable}), ` +
      `and Go, which would build it, is ${old ? `too old (${go} is ${old})` : 'missing'}: ${GO_HINT}; or set TEMPORAL_ADDRESS to a server of yours.`);
  }
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTOOLCHAIN: 'auto' };
  const failed = (output: string): UserError => {
    const lastWords = output.trim().split('\n').slice(-3).join(' ').slice(0, 400);
    return new UserError(`Go could not build the Temporal server: ${lastWords || 'it said nothing'}`);
  };

  const modules = (await readFile(join(MODULE, 'go.sum'), 'utf8')).split('\n').filter((line) => line && !line.includes('/go.mod ')).length;
  let fetched = 0;
  onProgress?.({ part: 'temporal', phase: 'download', message: 'its sources', done: 0, total: modules, unit: 'modules' });
  const packages: string[] = [];
  const list = await run(go, ['list', '-deps', PACKAGE], {
    cwd: MODULE, env, signal,
    onLine: (line) => {
      if (!line.startsWith('go: downloading')) return void packages.push(line);
      onProgress?.({ part: 'temporal', phase: 'download', message: 'its sources', done: ++fetched, total: modules, unit: 'modules' });
    },
  });
  if (list.code !== 0) throw failed(list.output);

  let compiled = 0;
  const report = (): void => onProgress?.({
    part: 'temporal', phase: 'build', message: `temporal ${TEMPORAL_CLI} with Go`, unit: 'packages', done: compiled, total: packages.length,
  });
  report();
  const version = `github.com/temporalio/cli/temporalcli.Version=${TEMPORAL_CLI}`;
  const built = await run(go, ['build', '-v', '-ldflags', `-s -w -X ${version}`, '-o', target, PACKAGE], {
    cwd: MODULE, env, signal,
    onLine: () => {
      compiled = Math.min(compiled + 1, packages.length);
      report();
    },
  });
  if (built.code !== 0) throw failed(built.output);
}
