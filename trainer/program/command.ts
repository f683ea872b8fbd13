/** What is run: the command of a program with its parameters as arguments, and whether there is such a command. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Json, JsonObject } from '../../core/json.ts';

export type ArgumentStyle = 'flags' | 'json' | 'none';

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** `flags`: --learningRate=0.01, objects and lists as JSON; `json`: one argument; `none`: none. */
export function argumentsOf(style: ArgumentStyle, parameters: JsonObject): string[] {
  if (style === 'none') return [];
  if (style === 'json') return [JSON.stringify(parameters)];
  return Object.entries(parameters).map(([name, value]) => `--${name}=${textOf(value)}`);
}

/** Why a command cannot be run from a folder, in a few words; undefined: it can. */
export function commandProblem(command: string, folder: string, path: string | undefined): string | undefined {
  const places = command.includes('/')
    ? [resolve(folder, command)]
    : (path ?? '').split(delimiter).map((place) => join(place || '.', command));
  const found = places.filter((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
  if (found.length === 0)
    return command.includes('/') ? 'there is no such file' : "no folder of this machine's PATH has it";
  return found.some(canRun) ? undefined : 'it is not executable';
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
