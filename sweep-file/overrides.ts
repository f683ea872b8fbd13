/** `--set path=value`: the file with some values replaced. */
import { setPath, type Json, type JsonObject } from '../core/json.ts';
import { HARMFUL, parseJson } from './json.ts';
import { pathText, showArgument, type Path, type Problem } from './problem.ts';

/** `text` is what stood on the command line, without --set. */
export interface Override {
  text: string;
  path: string[];
}

/** 'space.model.cell' is the key 'model.cell' of space; every other dot goes one level down. */
function pathOf(path: string): string[] {
  return path.startsWith('space.') ? ['space', path.slice('space.'.length)] : path.split('.');
}

/** The value is JSON where it can be, else text: --set training.learningRate=0.01 --set training.optimizer=adam. */
export function applyOverrides(
  file: Json,
  set: readonly string[],
): { value: Json; overrides: Override[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const overrides: Override[] = [];
  let value = file;
  for (const text of set) {
    const fail = (message: string) => problems.push({ path: [], message: `--set ${showArgument(text)}: ${message}` });
    const equals = text.indexOf('=');
    const path = pathOf(text.slice(0, Math.max(equals, 0)));
    if (equals < 1 || path.includes('')) {
      fail('is not an override; allowed: path=value, such as training.learningRate=0.01');
      continue;
    }
    if (path.some((key) => HARMFUL.has(key))) {
      fail(`${[...HARMFUL].join(', ')} are not allowed as keys`);
      continue;
    }
    const right = text.slice(equals + 1);
    let parsed = parseJson(right);
    // Only what was meant as JSON is an error in it: {, [ or " begin nothing else.
    if (parsed.problems.length > 0 && !/^\s*[[{"]/.test(right)) parsed = parseJson(JSON.stringify(right));
    if (!('value' in parsed)) {
      for (const problem of parsed.problems)
        fail(problem.path.length > 0 ? `${pathText([...path, ...problem.path])}: ${problem.message}` : problem.message);
      continue;
    }
    overrides.push({ text, path });
    if (value === null || typeof value !== 'object' || Array.isArray(value)) continue; // no sweep at all: said elsewhere
    value = setPath(value as JsonObject, path, parsed.value);
  }
  return { value, overrides, problems };
}

/** The override that a problem is about: the last whose path leads to the problem's. */
export function overrideAt(overrides: readonly Override[], path: Path): Override | undefined {
  return overrides.findLast(({ path: own }) => own.every((key, i) => String(path[i]) === key));
}
