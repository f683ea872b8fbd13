import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { moduleFile } from '../trainer/typescript.ts';
import { codeHash } from './code.ts';

/** The workflows as one script for Temporal's sandbox. Bundling takes seconds, so it is kept by what it is made of. */
export async function workflowBundle(cacheDir: string): Promise<{ codePath: string }> {
  const folder = join(cacheDir, 'workflows');
  const codePath = join(folder, `${await codeHash(['core', 'workflows'])}.js`);
  try {
    await readFile(codePath);
  } catch {
    const { code } = await bundleWorkflowCode({
      workflowsPath: moduleFile('../workflows/index.ts', import.meta.url),
      logger: quiet,
    });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const draft = `${codePath}.${randomUUID()}`; // a process id may be another's too, on a machine that shares the folder
    await writeFile(draft, code);
    await rename(draft, codePath);
  }
  return { codePath };
}

const ignore = () => {};
const quiet = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
