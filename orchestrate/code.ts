import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodeGuard } from '../trainer/code-guard.ts';

/** The folder of our code: a clone, or what it was compiled to in the package. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The `sweep` command, which stands beside what was compiled. */
export const BIN = fileURLToPath(
  new URL(import.meta.url.endsWith('.js') ? '../../cli/bin.js' : '../cli/bin.js', import.meta.url),
);

/** What a worker and the processes that it starts load, and keep for as long as they stay warm. */
export const LOADED = [
  'activities',
  'core',
  'engine',
  'models',
  'orchestrate',
  'reports',
  'server',
  'setup',
  'store',
  'trainer',
  'workflows',
];

/** Of the code in these folders as it lies on disk now, and of the packages that it uses. Takes some milliseconds. */
export async function codeHash(folders: readonly string[], root = ROOT): Promise<string> {
  const inside = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((file) => join(folder, file)),
    ),
  );
  const files = [
    'package.json',
    'package-lock.json',
    ...inside
      .flat()
      .filter((file) => /\.(ts|js|css)$/.test(file))
      .sort(),
  ];
  const contents = await Promise.all(files.map((file) => readFile(join(root, file)).catch(() => ''))); // an installed package has no lockfile
  const hash = createHash('sha256');
  for (const [i, file] of files.entries()) hash.update(`${file}\n`).update(contents[i] ?? '');
  return hash.digest('hex').slice(0, 20);
}

/**
 * Looks whether the code that a worker loads is still that of now, and calls `onOther` once it is not. To be made
 * before any of it is loaded.
 */
export async function codeGuard(onOther: () => void, root = ROOT): Promise<CodeGuard> {
  const hash = () => codeHash(LOADED, root).catch(() => 'a folder is missing');
  const own = await hash();
  let same = true;
  return {
    async isSame() {
      const now = await hash();
      if (same && now !== own) {
        same = false;
        onOther();
      }
      return same;
    },
  };
}
