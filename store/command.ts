/** What to type next, in messages: it can be pasted where the command was typed. */
import { relative, resolve } from 'node:path';
import { commandLine } from '../core/shell.ts';
import type { Store } from './types.ts';

export const DEFAULT_RUNS = './runs';

/** Of a place that is no folder. */
export const isAddress = (place: string): boolean => /^\w+:\/\//.test(place);

/** A path, or an address, as one would type it here. */
export function nearPath(path: string): string {
  if (isAddress(path)) return path;
  const near = relative(process.cwd(), path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}

/** 'sweep watch tiny-1a2b --runs elsewhere': with --runs where the runs folder is not the default one. */
export function commandOn(
  { url }: Pick<Store, 'url'>,
  [name, ...operands]: readonly [name: string, ...operands: string[]],
  options: readonly string[] = [],
): string {
  const runs = url === resolve(DEFAULT_RUNS) ? [] : ['--runs', nearPath(url)];
  return commandLine(['sweep', name], operands, [...options, ...runs]);
}
