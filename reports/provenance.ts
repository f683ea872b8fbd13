/**
 * Under which circumstances a sweep ran: recorded once, when it is started, so that a report needs nothing but its
 * folder.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TrialRow } from '../core/aggregate.ts';
import { canonicalJson, hashJson } from '../core/json.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { pretty, readJson } from '../store/keys.ts';
import type { Store } from '../store/types.ts';
import type { Provenance, Report } from './types.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function run(command: string, args: string[], env = process.env): Promise<string | undefined> {
  try {
    // 10 s: nvidia-smi takes seconds on a machine that has just started; a hanging driver must not stop a sweep.
    return (await promisify(execFile)(command, args, { cwd: root, env, timeout: 10_000 })).stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * What git may be told by its environment without being led to another repository: hooks, say, set GIT_DIR to that of
 * their own.
 */
const HARMLESS = ['GIT_EXEC_PATH', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'];

function git(...args: string[]): Promise<string | undefined> {
  return run(
    'git',
    args,
    Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') || HARMLESS.includes(name)),
    ),
  );
}

async function gitState(): Promise<Provenance['git']> {
  // Inside someone else's checkout (as a dependency, say) their commit says nothing about this code.
  const top = await git('rev-parse', '--show-toplevel');
  if (top === undefined || (await realpath(top)) !== (await realpath(root))) return null;
  const [commit, changes] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=normal'),
  ]);
  return commit === undefined || changes === undefined ? null : { commit, dirty: changes !== '' };
}

/** A package that lies where Node would find it from here, whatever it exports. */
async function versionOf(name: string): Promise<[string, string]> {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const manifest = await readFile(join(folder, name, 'package.json'), 'utf8').catch(() => undefined);
    if (manifest !== undefined) return [name, (JSON.parse(manifest) as { version: string }).version];
  }
  return [name, 'unknown'];
}

const ownVersion = async () =>
  (JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
const versionsOf = async (names: string[]) => Object.fromEntries(await Promise.all(names.map(versionOf)));

/** Reads git, the lockfile and the machine. `backend` names what trains, in the words of TrialResult.backend. */
export async function collectProvenance({ backend }: { backend?: string } = {}): Promise<Provenance> {
  const [git, lockfile, version, gpus, packages] = await Promise.all([
    gitState(),
    readFile(new URL('../package-lock.json', import.meta.url)).catch(() => undefined),
    ownVersion(),
    run('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader']),
    versionsOf(['@tensorflow/tfjs-core', '@temporalio/worker']),
  ]);
  return {
    at: new Date().toISOString(),
    version,
    science: SCIENCE_VERSION,
    git,
    lockfile: lockfile === undefined ? null : createHash('sha256').update(lockfile).digest('hex'),
    backend: backend ?? null,
    node: process.versions.node,
    packages,
    machine: {
      os: `${platform()} ${release()} ${arch()}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      gpus: gpus === undefined || gpus === '' ? [] : gpus.split('\n'),
    },
  };
}

/** Adds an entry to `<sweep>/provenance.json`, unless the last one differs from it in nothing but the time. */
export async function recordProvenance(store: Store, sweepId: string, entry: Provenance): Promise<void> {
  const key = `${sweepId}/provenance.json`;
  const { starts } = (await readJson<{ starts: Provenance[] }>(store, key)) ?? { starts: [] };
  const last = starts.at(-1);
  if (last !== undefined && canonicalJson({ ...last, at: '' }) === canonicalJson({ ...entry, at: '' })) return;
  await store.put(key, pretty({ starts: [...starts, entry] }));
}

/** `report/provenance.json`. */
export interface ProvenanceFile {
  sweep: string;
  name: string;
  specHash: string;
  seed: number;
  science: number;
  /** `different`: where a search has drawn some more than once. */
  trials: Record<'planned' | TrialRow['status'], number> & { different?: number };
  /** Of the results, sorted. */
  backends: string[];
  starts: Provenance[];
  /** Training time summed over trials; from the first trial's start to the last one's end. */
  durations: { trainingSeconds: number; firstStart: string | null; lastEnd: string | null };
  /** What built the report: other versions may write other bytes. */
  report: { version: string; packages: Record<string, string> };
  /** SHA-256 of every data file that the report was built from, by path in the sweep's folder. */
  data: Record<string, string>;
}

export async function provenanceOf({ input, trials }: Report): Promise<ProvenanceFile> {
  const { spec, timings } = input;
  const found = [...input.results.values(), ...input.stopped.values()];
  const drawn = (some: TrialRow[]) => some.reduce((sum, { draws = 1 }) => sum + draws, 0);
  const count = (status: TrialRow['status']) => drawn(trials.filter((trial) => trial.status === status));
  const times = [...timings.values()];
  return {
    sweep: input.sweepId,
    name: spec.name,
    specHash: hashJson(spec),
    seed: spec.seed,
    science: found[0]?.science ?? SCIENCE_VERSION,
    trials: {
      planned: drawn(trials),
      ...(drawn(trials) > trials.length && { different: trials.length }),
      completed: count('completed'),
      stopped: count('stopped'),
      diverged: count('diverged'),
      failed: count('failed'),
      missing: count('missing'),
    },
    backends: [...new Set(found.map(({ backend }) => backend))].sort(),
    starts: input.starts,
    durations: {
      trainingSeconds: times.reduce((sum, { seconds }) => sum + seconds, 0),
      firstStart: times.map(({ startedAt }) => startedAt).sort()[0] ?? null,
      lastEnd:
        times
          .map(({ endedAt }) => endedAt)
          .sort()
          .at(-1) ?? null,
    },
    report: {
      version: await ownVersion(),
      packages: await versionsOf(['vega', 'vega-lite', '@resvg/resvg-js', 'dejavu-fonts-ttf']),
    },
    data: Object.fromEntries(input.hashes),
  };
}
