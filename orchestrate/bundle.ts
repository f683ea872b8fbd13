import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The workflows as one script for Temporal's sandbox. Bundling takes seconds, so it is kept by what it is made of. */
export async function workflowBundle(cacheDir: string): Promise<{ codePath: string }> {
  const hash = createHash('sha256').update(await readFile(join(ROOT, 'package.json')));
  for (const folder of ['core', 'workflows']) {
    const files = (await readdir(join(ROOT, folder), { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
    for (const file of files) hash.update(file).update(await readFile(join(ROOT, folder, file)));
  }
  const folder = join(cacheDir, 'workflows');
  const codePath = join(folder, `${hash.digest('hex').slice(0, 20)}.js`);
  try {
    await readFile(codePath);
  } catch {
    const { code } = await bundleWorkflowCode({ workflowsPath: join(ROOT, 'workflows/index.ts'), logger: quiet });
    await mkdir(folder, { recursive: true });
    await writeFile(`${codePath}.${process.pid}`, code);
    await rename(`${codePath}.${process.pid}`, codePath);
  }
  return { codePath };
}

const ignore = () => {};
const quiet = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
