/** How a Node process is told to run our TypeScript. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What cli/bin.js gave to this process, whose Node cannot register a loader itself, for another one that runs cli/bin.js. */
export const loaderFlags: readonly string[] = process.execArgv.includes('--loader') ? ['--no-warnings', '--loader', TSX] : [];

/** For a process that runs a file of TypeScript. */
export const typescriptFlags: readonly string[] = loaderFlags.length > 0 ? loaderFlags : ['--import', TSX];
