/** How a Node process is told to run our TypeScript. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/**
 * What cli/bin.js gave to this process, whose Node cannot register a loader itself, for another one that runs
 * cli/bin.js.
 */
export const loaderFlags: readonly string[] = process.execArgv.includes('--loader')
  ? ['--no-warnings', '--loader', TSX]
  : [];

/** For a process that runs a file of TypeScript. */
export const typescriptFlags: readonly string[] = loaderFlags.length > 0 ? loaderFlags : ['--import', TSX];

/**
 * For its environment: code comes from this checkout alone. tsx would also take compiled code from a folder in $TMPDIR,
 * whoever made that, and have a tsconfig.json of the current folder say which files its imports mean.
 */
export const typescriptEnvironment: Readonly<Record<string, string>> = {
  TSX_DISABLE_CACHE: '1',
  TSX_TSCONFIG_PATH: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
};
