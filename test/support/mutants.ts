/**
 * Mutants: edits that break the code in one place. Here they are read, made in a copy of the checkout, and put to the
 * tests that must notice.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDir } from '../../setup/home.ts';
import type { Mutant } from '../mutants/types.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'test/mutants');
const NO_LIST = ['run.ts', 'types.ts'];

/** A mutant, and the file of test/mutants/ that it stands in, without '.ts'. */
export interface Listed extends Mutant {
  area: string;
}

/** All mutants, or those of the given areas. */
export async function readMutants(areas: readonly string[] = []): Promise<Listed[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.ts') && !NO_LIST.includes(file)).sort();
  const known = files.map((file) => basename(file, '.ts'));
  const unknown = areas.filter((area) => !known.includes(area));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no such area; there are ${known.join(', ')}`);
  const lists = await Promise.all(
    known
      .filter((area) => areas.length === 0 || areas.includes(area))
      .map(async (area) => {
        const { mutants } = (await import(join(FOLDER, `${area}.ts`))) as { mutants: readonly Mutant[] };
        return mutants.map((mutant): Listed => ({ ...mutant, area }));
      }),
  );
  return lists.flat();
}

/** The text with the mutant's edit. Throws an Error where what it looks for does not stand there exactly once. */
export function edited(text: string, { file, find, replace }: Mutant): string {
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`${file} has this ${times} times, not once: ${find}`);
  return text.replace(find, () => replace);
}

/**
 * `killed`: the first test that failed, and its file. `survived`: they all passed. `unusable`: why it proves nothing.
 */
export type Verdict = { killed: string; by: string } | { survived: true } | { unusable: string };

interface Run {
  passed: boolean;
  failed?: string;
  output: string;
}

/**
 * A copy of the checkout to edit, and a home with the parts that were set up, where edited workflows may leave their
 * bundles.
 */
interface Copy {
  root: string;
  home: string;
}

/** Runs one test file of a copy. One that does not end in time has not passed. */
async function runTest({ root, home }: Copy, file: string, limitMs: number): Promise<Run> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--import', 'tsx', '--test-reporter=tap', file];
  const options = {
    cwd: root,
    env: { ...env, SWEEP_HOME: home },
    maxBuffer: 2 ** 28,
    timeout: limitMs,
    killSignal: 'SIGKILL' as const,
  };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    return { passed: true, output: stdout };
  } catch (error) {
    const { killed, stdout, stderr } = error as { killed?: boolean; stdout?: string; stderr?: string };
    if (stdout === undefined || stderr === undefined) throw error; // it was never started
    const failed = killed ? `no end within ${limitMs / 1000} s` : /^\s*not ok \d+ - (.*)$/m.exec(stdout)?.[1];
    return { passed: false, ...(failed !== undefined && { failed }), output: stdout + stderr };
  }
}

/** What git knows of and what is new, with the packages that are there. */
async function copyOf(root: string, folder: string): Promise<Copy> {
  const copy = { root: join(folder, 'tree'), home: join(folder, 'home') };
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, maxBuffer: 2 ** 26 },
  );
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    if (existsSync(join(root, file))) await cp(join(root, file), join(copy.root, file)); // else it is deleted, which is not committed yet
  }
  await symlink(join(root, 'node_modules'), join(copy.root, 'node_modules'));
  await mkdir(join(copy.home, 'cache'), { recursive: true });
  const parts = (await readdir(cacheDir()).catch(() => [])).filter((name) => name !== 'workflows');
  for (const name of parts) await symlink(join(cacheDir(), name), join(copy.home, 'cache', name));
  return copy;
}

async function judge(copy: Copy, mutant: Mutant, limitOf: (file: string) => number): Promise<Verdict> {
  const path = join(copy.root, mutant.file);
  const before = await readFile(path, 'utf8');
  try {
    await writeFile(path, edited(before, mutant));
    for (const file of mutant.noticedBy) {
      const { passed, failed, output } = await runTest(copy, file, limitOf(file));
      if (passed) continue;
      if (failed !== undefined) return { killed: failed, by: file };
      // No test failed, and none has run: what cannot be loaded is no mutant.
      return {
        unusable: `${file} does not run: ${output.split('\n').find((line) => line.includes('Error')) ?? output.slice(-200)}`,
      };
    }
    return { survived: true };
  } catch (error) {
    return { unusable: (error as Error).message };
  } finally {
    await writeFile(path, before);
  }
}

export interface Judging {
  root?: string;
  /** So many at a time. */
  jobs: number;
  /** Test files that must pass unedited and do not: nothing can be said then. */
  onBroken(file: string, output: string): void;
  onVerdict(mutant: Listed, verdict: Verdict): void;
}

/** Time that a test file may take with an edit, which may have made it endless. */
const limitFor = (unedited: number) => Math.max(120_000, Math.ceil(6 * unedited));

/** Puts every mutant to its tests, each in one of `jobs` copies of the checkout. Whether all were killed. */
export async function judgeMutants(
  mutants: readonly Listed[],
  { root = ROOT, jobs, onBroken, onVerdict }: Judging,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-mutants-'));
  const copies = await Promise.all(Array.from({ length: jobs }, (_, i) => copyOf(root, join(folder, String(i)))));
  const inCopies = async <T>(items: readonly T[], work: (item: T, copy: Copy) => Promise<void>) => {
    const queue = items.values();
    await Promise.all(
      copies.map(async (copy) => {
        for (const item of queue) await work(item, copy);
      }),
    );
  };
  try {
    const took = new Map<string, number>();
    let good = true;
    await inCopies([...new Set(mutants.flatMap(({ noticedBy }) => noticedBy))], async (file, copy) => {
      const began = performance.now();
      const { passed, output } = await runTest(copy, file, 600_000);
      took.set(file, performance.now() - began);
      if (passed) return;
      good = false;
      onBroken(file, output);
    });
    if (!good) return false;
    await inCopies(mutants, async (mutant, copy) => {
      const verdict = await judge(copy, mutant, (file) => limitFor(took.get(file) ?? 0));
      if (!('killed' in verdict)) good = false;
      onVerdict(mutant, verdict);
    });
    return good;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
