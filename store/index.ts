import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import { openFolder } from './folder.ts';
import type { Store } from './types.ts';

export type { Store, Stray } from './types.ts';

/** Opens the place where runs live: a folder's path or file:// address. Nothing is created before the first write. */
export function openStore(runs: string): Store {
  if (runs === '') throw new UserError('--runs is empty; allowed: a folder, or file:///…', 2);
  if (runs.startsWith('file://')) return openFolder(pathOf(runs));
  if (/^[a-z0-9]+:\/\//i.test(runs))
    throw new UserError(`--runs ${runs}: not a place for runs; allowed: a folder, or file:///…`, 2);
  return openFolder(resolve(runs));
}

function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (error) {
    throw new UserError(
      `--runs ${address}: no address of a folder on this machine (${(error as Error).message}); allowed: file:///…`,
      2,
    );
  }
}
