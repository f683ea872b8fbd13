/** A sweep file that is a program: JavaScript or TypeScript whose default export is the sweep. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../core/errors.ts';
import { readText } from './read.ts';

export const isModule = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

/** The sweep as JSON, which is all that the rest knows. */
export async function readModule(file: string): Promise<string> {
  await stat(file).catch(() => readText(file)); // which says what is wrong
  const url = pathToFileURL(resolve(file)).href;
  const loaded = await load(url).catch((error: unknown) => {
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    throw new UserError(`${file}: cannot be loaded: ${line}`, 2);
  });
  const sweep = defaultOf(loaded);
  if (typeof sweep !== 'object' || sweep === null)
    throw new UserError(
      `${file}: its default export is ${sweep === undefined ? 'missing' : typeof sweep}; needed: the sweep, an object as a sweep file has it`,
      2,
    );
  return JSON.stringify(sweep, null, 2);
}

/** By Node itself, or by tsx, which is there to read TypeScript with an older one. */
async function load(url: string): Promise<unknown> {
  if (!/\.[cm]?ts$/.test(url)) return import(url);
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(url, { parentURL: import.meta.url, tsconfig: false });
}

/** A module of CommonJS, or compiled to it, has its own default inside Node's. */
function defaultOf(loaded: unknown): unknown {
  const { default: outer } = loaded as { default?: unknown };
  const inner = typeof outer === 'object' && outer !== null && 'default' in outer ? outer.default : undefined;
  return inner ?? outer;
}
