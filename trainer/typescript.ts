/** How Node is told to run a module of ours: TypeScript in a clone, what it was compiled to in the package. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const IS_COMPILED = import.meta.url.endsWith('.js');

/** The path of a module, named as in a clone and from the module that names it (`import.meta.url`). */
export const moduleFile = (name: string, from: string): string =>
  fileURLToPath(new URL(IS_COMPILED ? name.replace(/\.ts$/, '.js') : name, from));

const TSX = IS_COMPILED ? '' : pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/**
 * What cli/bin.js gave to this process, whose Node cannot register a loader itself, for another one that runs
 * cli/bin.js.
 */
export const loaderFlags: readonly string[] = process.execArgv.includes('--loader')
  ? ['--no-warnings', '--loader', TSX]
  : [];

/** For a process that runs a module of ours. */
export const typescriptFlags: readonly string[] = IS_COMPILED
  ? []
  : loaderFlags.length > 0
    ? loaderFlags
    : ['--import', TSX];

/**
 * For its environment: code comes from this checkout alone. tsx would also take compiled code from a folder in $TMPDIR,
 * whoever made that, and have a tsconfig.json of the current folder say which files its imports mean.
 */
export const typescriptEnvironment: Readonly<Record<string, string>> = {
  TSX_DISABLE_CACHE: '1',
  TSX_TSCONFIG_PATH: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
};
