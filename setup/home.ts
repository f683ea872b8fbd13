/** Where things live that outlast a checkout: parts that were set up (cache), servers that run (state). */
import { resolve } from 'node:path';
import envPaths from 'env-paths';
import { ours } from './private.ts';

const paths = envPaths('temporal-sweep', { suffix: '' });
const under = (folder: string, otherwise: string): string => {
  const home = process.env.SWEEP_HOME;
  return home ? resolve(home, folder) : otherwise;
};

/** May be deleted at any time: `sweep setup` makes it again. */
export const cacheDir = (): string => ours(under('cache', paths.cache));

/** The Temporal server's database, logs and process records. */
export const stateDir = (): string => ours(under('state', paths.data));
