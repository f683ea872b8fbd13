/**
 * The Temporal program built with Go, from the pinned module beside this file: three minutes, where nothing else leads
 * to it.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import { findProgram, run } from './process.ts';
import type { InstallOptions } from './progress.ts';
import { TEMPORAL_CLI } from './wheels.ts';
import { removeTree } from './workplace.ts';

const MODULE = fileURLToPath(new URL('temporal-cli', import.meta.url));
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';

export const GO_HINT = 'get 1.21 or newer from https://go.dev/dl';

/**
 * The version that `go version` says, if it is before 1.21: such a Go cannot fetch the newer one that the module asks
 * for.
 */
export const oldGo = (said: string): string | undefined =>
  /(?<![.\d])1\.(?:1?\d|20)(?:\.\d+)?(?![.\d])/.exec(said)?.[0];

export const findGo = (): Promise<string | undefined> => findProgram('go', ['/usr/local/go/bin', '/opt/homebrew/bin']);

/** Why this Go cannot build it; undefined if it can. */
export async function whyNotGo(go: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
  if (!go) return 'missing';
  const { output } = await run(go, ['version'], {
    signal,
    timeoutMs: 20_000,
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  });
  const old = oldGo(output);
  return old && `too old (${go} is ${old})`;
}

/** For Go to build a pinned module as its files say, and to keep all that it fetches and compiles in one folder. */
export const goEnvironment = (own: string): NodeJS.ProcessEnv => ({
  ...process.env,
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -modcacherw',
  GOWORK: 'off',
  GOTOOLCHAIN: 'auto',
  GOPATH: own,
  GOMODCACHE: join(own, 'modules'),
  GOCACHE: join(own, 'build'),
});

/**
 * Puts the program at `target`. What Go downloads and compiles on the way, 1.4 GB, lies beside it and goes in the end.
 */
export async function buildTemporal(target: string, go: string, { onProgress, signal }: InstallOptions): Promise<void> {
  const own = join(dirname(target), 'go');
  const env = goEnvironment(own);
  const failed = (output: string): UserError => {
    const lastWords = output.trim().split('\n').slice(-3).join(' ').slice(0, 400);
    return new UserError(`Go could not build the Temporal server: ${lastWords || 'it said nothing'}`);
  };

  const modules = (await readFile(join(MODULE, 'go.sum'), 'utf8'))
    .split('\n')
    .filter((line) => line && !line.includes('/go.mod ')).length;
  let fetched = 0;
  onProgress?.({
    part: 'temporal',
    phase: 'download',
    message: 'its sources',
    done: 0,
    total: modules,
    unit: 'modules',
  });
  const packages: string[] = [];
  const list = await run(go, ['list', '-deps', PACKAGE], {
    cwd: MODULE,
    env,
    signal,
    onLine: (line) => {
      if (!line.startsWith('go: downloading')) return void packages.push(line);
      onProgress?.({
        part: 'temporal',
        phase: 'download',
        message: 'its sources',
        done: ++fetched,
        total: modules,
        unit: 'modules',
      });
    },
  });
  if (list.code !== 0) throw failed(list.output);

  let compiled = 0;
  const report = (): void =>
    onProgress?.({
      part: 'temporal',
      phase: 'build',
      message: `temporal ${TEMPORAL_CLI} with Go`,
      unit: 'packages',
      done: compiled,
      total: packages.length,
    });
  report();
  const version = `github.com/temporalio/cli/temporalcli.Version=${TEMPORAL_CLI}`;
  const built = await run(go, ['build', '-v', '-ldflags', `-s -w -X ${version}`, '-o', target, PACKAGE], {
    cwd: MODULE,
    env,
    signal,
    onLine: () => {
      compiled = Math.min(compiled + 1, packages.length);
      report();
    },
  });
  if (built.code !== 0) throw failed(built.output);
  await removeTree(own);
}
