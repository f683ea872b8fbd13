/** The places where runs can live, by the scheme of their address. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import { openFolder } from './folder.ts';
import { openS3 } from './s3.ts';
import type { Store } from './types.ts';

export type { Store, Stray } from './types.ts';

const schemes: Record<string, { example: string; open(address: string): Store }> = {
  file: { example: 'file:///…', open: (address) => openFolder(pathOf(address)) },
  s3: { example: 's3://BUCKET/PREFIX', open: openS3 },
};

const ALLOWED = ['a folder', ...Object.values(schemes).map(({ example }) => example)].join(', ');

/** Opens the place where runs live: a folder's path, or an address. Nothing is created before the first write. */
export function openStore(runs: string): Store {
  if (runs === '') throw new UserError(`--runs is empty; allowed: ${ALLOWED}`, 2);
  const scheme = /^([a-z0-9]+):\/\//i.exec(runs)?.[1]?.toLowerCase();
  if (scheme === undefined) return openFolder(resolve(runs));
  const known = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (known === undefined) throw new UserError(`--runs ${runs}: not a place for runs; allowed: ${ALLOWED}`, 2);
  return known.open(runs);
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
