import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Of the code in these folders as it lies on disk now, and of the packages that it uses. Takes some milliseconds. */
export async function codeHash(folders: readonly string[], root = ROOT): Promise<string> {
  const inside = await Promise.all(folders.map(async (folder) => (await readdir(join(root, folder), { recursive: true })).map((file) => join(folder, file))));
  const files = ['package.json', 'package-lock.json', ...inside.flat().filter((file) => /\.(ts|js|css)$/.test(file)).sort()];
  const contents = await Promise.all(files.map((file) => readFile(join(root, file)).catch(() => ''))); // an installed package has no lockfile
  const hash = createHash('sha256');
  for (const [i, file] of files.entries()) hash.update(`${file}\n`).update(contents[i] ?? '');
  return hash.digest('hex').slice(0, 20);
}
