/** Where things live that outlast a checkout: parts that were set up (cache), servers that run (state). */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { ours } from './private.ts';

const NAME = 'temporal-sweep';
const OTHERWISE = 'set SWEEP_HOME to a folder of yours';

/**
 * As the XDG and Apple say; a variable that must be absolute and is not would put things wherever the command is typed.
 */
const PLACES = {
  cache: { variable: 'XDG_CACHE_HOME', linux: '.cache', darwin: 'Library/Caches' },
  state: { variable: 'XDG_DATA_HOME', linux: '.local/share', darwin: 'Library/Application Support' },
} as const;

function home(): string {
  let found: string;
  try {
    found = homedir();
  } catch {
    throw new UserError(`this user has no home folder, and HOME is not set; ${OTHERWISE}`);
  }
  if (!isAbsolute(found))
    throw new UserError(`HOME is ${JSON.stringify(found)}, not the full path of a folder; correct it, or ${OTHERWISE}`);
  return found;
}

function place(kind: keyof typeof PLACES): string {
  if (process.env['SWEEP_HOME']) return resolve(process.env['SWEEP_HOME'], kind);
  const { variable, linux, darwin } = PLACES[kind];
  if (process.platform === 'darwin') return join(home(), darwin, NAME);
  const given = process.env[variable];
  if (given && !isAbsolute(given))
    throw new UserError(
      `${variable} is ${JSON.stringify(given)}, not the full path of a folder; correct it, or unset it, or ${OTHERWISE}`,
    );
  return join(given || join(home(), linux), NAME);
}

/** May be deleted at any time: `sweep setup` makes it again. */
export const cacheDir = (): string => ours(place('cache'));

/** The Temporal server's database, logs and process records. */
export const stateDir = (): string => ours(place('state'));
