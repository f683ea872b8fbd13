/**
 * A package from the npm registry: fetched with npm (which knows the user's registry, proxy and certificates), checked,
 * unpacked in part. No script of it runs.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extract } from 'tar';
import { UserError } from '../core/errors.ts';
import { findProgram, run } from './process.ts';
import type { InstallOptions, SetupProgress } from './progress.ts';
import { hashOf } from './seal.ts';
import type { Command } from './wheel.ts';
import { largestFile } from './workplace.ts';

export interface NpmPackage {
  name: string;
  version: string;
  /** Of its tarball, as package-lock.json writes it: `sha512-…`. */
  integrity: string;
  /** Of its tarball, for the progress bar. */
  bytes: number;
}

/** npm as the user has it. Windows cannot start the script that is on PATH, but Node what lies beside it. */
export async function findNpm(platform: string = process.platform): Promise<Command | undefined> {
  const path = await findProgram('npm');
  if (path === undefined || platform !== 'win32') return path === undefined ? undefined : { command: path, args: [] };
  return { command: process.execPath, args: [join(dirname(path), 'node_modules', 'npm', 'bin', 'npm-cli.js')] };
}

/** Where npm reads the settings that installed this checkout. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface PackageOptions extends InstallOptions {
  part: SetupProgress['part'];
}

/**
 * The path of the verified tarball, somewhere in `folder`, which is made, and is the caller's to remove. npm's cache is
 * left alone.
 */
export async function downloadPackage(
  { name, version, integrity, bytes }: NpmPackage,
  npm: Command,
  folder: string,
  { part, onProgress, signal }: PackageOptions,
): Promise<string> {
  const message = `${name} ${version}`;
  const report = (phase: 'download' | 'verify', done: number): void =>
    onProgress?.({ part, phase, done, total: bytes, unit: 'bytes', message });
  const [cache, destination] = [join(folder, 'npm'), join(folder, 'packed')];
  await Promise.all([cache, destination].map((path) => mkdir(path, { recursive: true })));
  const polling = setInterval(
    () => void largestFile(cache).then((size) => report('download', Math.min(size, bytes))),
    200,
  );
  report('download', 0);
  const result = await run(
    npm.command,
    [
      ...npm.args,
      'pack',
      `${name}@${version}`,
      '--ignore-scripts',
      '--no-update-notifier',
      '--loglevel=error',
      '--fetch-retry-mintimeout=1000', // there are other ways: a registry that does not answer is not waited for
      '--fetch-retry-maxtimeout=4000',
      `--cache=${cache}`,
      `--pack-destination=${destination}`,
    ],
    { cwd: ROOT, signal },
  ).finally(() => clearInterval(polling));
  await rm(cache, { recursive: true, force: true });
  const [file] = await readdir(destination);
  if (result.code !== 0 || file === undefined)
    throw new UserError(`npm could not download ${message}: ${reason(result.output)}`);
  const path = join(destination, file);
  const as = { algorithm: 'sha512', encoding: 'base64' } as const;
  if (`sha512-${await hashOf(path, as, (done) => report('verify', done), signal)}` !== integrity)
    throw new UserError(
      `${file} from npm's registry is not the file that was published (its hash is not ${integrity}).`,
    );
  return path;
}

/** Puts the files that lie right in one folder of the package into `target`. */
export async function unpackFolder(path: string, inside: string, target: string): Promise<void> {
  const prefix = `package/${inside}/`;
  await extract({
    file: path,
    cwd: target,
    strip: prefix.split('/').length - 1,
    strict: true,
    filter: (entry) => entry === prefix + basename(entry),
  });
}

function reason(output: string): string {
  if (/ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ENOTCACHED/.test(output))
    return 'its registry cannot be reached';
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /error/i.test(line) && !/A complete log of this run/.test(line));
  return (errors.find((line) => !/ code /.test(line)) ?? lines.at(-1) ?? 'it said nothing')
    .replace(/^\s*npm (ERR!|error)\s*/i, '')
    .trim()
    .slice(0, 300);
}
