/**
 * The Temporal program as its makers publish it, by way of the host that the Temporal SDKs ask: over https, and only if
 * it is the archive that we know.
 */
import { createWriteStream } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { run } from './process.ts';
import type { InstallOptions, SetupProgress } from './progress.ts';
import { sha256 } from './seal.ts';
import { TEMPORAL_CLI } from './wheels.ts';

/** A host that says where the archive for a platform is, and that archive's SHA-256. */
export interface Downloads {
  address: string;
  sha256: string;
}

const HOST = 'https://temporal.download';

/**
 * SHA-256 of temporal_cli_1.5.1_PLATFORM_ARCH.tar.gz as package repositories recorded them (two of them; linux arm64:
 * one, and another project's scripts). A wrong one only means that the wheel is taken.
 */
const ARCHIVES: Readonly<Record<string, string>> = {
  'linux x64': 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  'linux arm64': 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  'darwin x64': 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  'darwin arm64': 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

export function downloadsFor(platform: string, arch: string): Downloads | undefined {
  const known = ARCHIVES[`${platform} ${arch}`];
  return known === undefined ? undefined : { address: HOST, sha256: known };
}

/** There are other ways to the program, so a host that does not answer is not waited for. */
const ANSWER_MS = 5_000;
/** A download from which nothing has come for so long is given up. */
const SILENCE_MS = 20_000;

export interface DownloadOptions extends InstallOptions {
  /** In place of both of the above. */
  silenceMs?: number | undefined;
}

/** Puts the program at `target`. Throws what went wrong. */
export async function downloadTemporal(
  target: string,
  { address, sha256: wanted }: Downloads,
  options: DownloadOptions,
): Promise<void> {
  const report = (progress: Partial<SetupProgress>): void =>
    options.onProgress?.({
      part: 'temporal',
      phase: 'download',
      unit: 'bytes',
      message: `temporal ${TEMPORAL_CLI}`,
      ...progress,
    });
  const archive = `${target}.tar.gz`;
  const watch = watchSilence(options);
  try {
    report({ done: 0 });
    const platform = process.platform === 'win32' ? 'windows' : process.platform;
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const query = new URLSearchParams({ arch, platform, format: 'tar.gz' });
    const get = async (url: string): Promise<Response> => {
      mustBeAsSafe(url, address);
      watch.wait(options.silenceMs ?? ANSWER_MS);
      const response = await fetch(url, { signal: watch.signal });
      mustBeAsSafe(response.url, address);
      if (!response.ok || !response.body) throw new Error(`${response.url} answered ${response.status}`);
      return response;
    };
    const { archiveUrl, fileToExtract } = (await (await get(`${address}/cli/v${TEMPORAL_CLI}?${query}`)).json()) as {
      archiveUrl: string;
      fileToExtract: string;
    };
    if (!/^\w[\w.-]*$/.test(fileToExtract)) throw new Error(`an unexpected file name, ${fileToExtract}`);
    const response = await get(archiveUrl);
    const total = Number(response.headers.get('content-length'));
    let done = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, next): void {
        watch.wait(options.silenceMs ?? SILENCE_MS);
        report({ done: (done += chunk.length), ...(total > 0 && { total }) });
        next(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body as ReadableStream), counter, createWriteStream(archive), {
      signal: watch.signal,
    });
    watch.end();
    if ((await sha256(archive, () => {}, options.signal)) !== wanted)
      throw new Error(`${response.url} is not the archive that was published (its SHA-256 is not ${wanted})`);
    const folder = dirname(target);
    const unpacked = await run('tar', ['-xzf', archive, '-C', folder, fileToExtract], { signal: options.signal });
    if (unpacked.code !== 0) throw new Error(`tar could not unpack it: ${unpacked.output.trim()}`);
    if (fileToExtract !== basename(target)) await rename(join(folder, fileToExtract), target);
    await chmod(target, 0o755);
  } finally {
    watch.end();
    await rm(archive, { force: true });
  }
}

/** https stays https; tests serve both over http. */
function mustBeAsSafe(url: string, as: string): void {
  if (!['https:', new URL(as).protocol].includes(new URL(url).protocol))
    throw new Error(`it would come from ${url}, not over https`);
}

function watchSilence({ signal }: InstallOptions): { signal: AbortSignal; wait(ms: number): void; end(): void } {
  const stalled = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
    wait(ms) {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(new Error('it did not answer in time')), ms);
    },
    end: () => clearTimeout(timer),
  };
}
