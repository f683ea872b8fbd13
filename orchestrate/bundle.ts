import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { bundleWorkflowCode } from '@temporalio/worker';
import { moduleFile } from '../trainer/typescript.ts';
import { codeHash } from './code.ts';

const WORKFLOWS = moduleFile('../workflows/index.ts', import.meta.url);

/** The workflows as one script for Temporal's sandbox. Bundling takes seconds, so it is kept by what it is made of. */
export async function workflowBundle(cacheDir: string): Promise<{ codePath: string }> {
  const folder = join(cacheDir, 'workflows');
  const codePath = join(folder, `${await codeHash(['core', 'workflows'])}.js`);
  try {
    await readFile(codePath);
  } catch {
    const code = await bundled(WORKFLOWS);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const draft = `${codePath}.${randomUUID()}`; // a process id may be another's too, on a machine that shares the folder
    await writeFile(draft, code);
    await rename(draft, codePath);
  }
  return { codePath };
}

const ignore = () => {};
const quiet = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore };

/** An error says the first thing that is wrong: the bundler tells it to its log alone. */
export async function bundled(workflowsPath: string): Promise<string> {
  const told: string[] = [];
  const error = (text: string) => void told.push(...stripVTControlCharacters(text).split('\n'));
  try {
    return (await bundleWorkflowCode({ workflowsPath, logger: { ...quiet, error } })).code;
  } catch (cause) {
    const at = told.findIndex((line) => line.includes('ERROR in'));
    const why =
      at < 0
        ? String(cause)
        : told
            .slice(at, at + 2)
            .map((line) => line.trim())
            .join(': ');
    throw new Error(`the workflows cannot be bundled: ${why}`, { cause });
  }
}
