/** The files that a program is made of: found by patterns beside the sweep file, read, and known by their hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../core/errors.ts';
import { refusalOf } from '../core/refusal.ts';
import { didYouMean, show, type Problem } from './problem.ts';

/** They are read, kept in the run folder, and laid out for each attempt: data of this size belongs elsewhere. */
const MOST_BYTES = 256 * 2 ** 20;
const MOST_FILES = 10_000;
/** What a pattern finds only where it names it: what tools leave behind, and what is not the program's. */
const PASSED_OVER = new Set(['__pycache__', 'node_modules']);

const ALLOWED = 'allowed: paths from the folder of the sweep file, with * and **, such as "train.py" and "lib/**"';

export interface ProgramFiles {
  /** Path with '/' -> 'sha256:…'. */
  hashes: Record<string, string>;
  /** 'sha256:…' -> bytes. */
  contents: Map<string, Uint8Array>;
  problems: Problem[];
}

export function readProgramFiles(patterns: readonly string[], folder: string): ProgramFiles {
  const found = new Set<string>();
  const problems: Problem[] = [];
  const refuse = (i: number, message: string) => void problems.push({ path: ['program', 'files', i], message });
  for (const [i, pattern] of patterns.entries()) {
    try {
      for (const path of filesOf(pattern, folder)) found.add(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refuse(i, `${show(pattern)} ${error.message}`);
    }
    if (found.size > MOST_FILES) refuse(i, `${show(pattern)} has more than ${MOST_FILES} files; ${ALLOWED}`);
    if (found.size > MOST_FILES) break;
  }
  const [hashes, contents] = [{} as Record<string, string>, new Map<string, Uint8Array>()];
  let total = 0;
  for (const path of [...found].sort()) {
    if (problems.length > 0) break;
    try {
      const bytes = readFileSync(join(folder, path));
      if ((total += bytes.length) > MOST_BYTES) {
        problems.push({
          path: ['program', 'files'],
          message: `have more than 256 MiB; allowed: less, and data elsewhere`,
        });
        break;
      }
      const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      hashes[path] = hash;
      contents.set(hash, bytes);
    } catch (error) {
      const why = refusalOf(error) ?? (error as Error).message;
      problems.push({ path: ['program', 'files'], message: `${show(path)} cannot be read: ${why}` });
    }
  }
  return { hashes, contents, problems };
}

/** Files that a pattern names, relative to the folder, with '/'. Throws a UserError that says what is wrong with it. */
function filesOf(pattern: string, folder: string): string[] {
  const parts = pattern.split('/');
  if (pattern === '' || pattern.startsWith('/') || parts.includes('..') || pattern.includes('\\'))
    throw new UserError(`leaves the folder of the sweep file; ${ALLOWED}`);
  const wanted = parts.filter((part) => part !== '.' && part !== '');
  const found = walk(folder, wanted, '', folder);
  if (found.length > 0) return found;
  const isFolder = statSync(join(folder, ...wanted), { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isFolder) throw new UserError(`is a folder; allowed: what is in it, as "${wanted.join('/')}/**"`);
  throw new UserError(
    `matches no file in ${resolve(folder)}${didYouMean(basename(pattern), namesIn(join(folder, dirname(pattern))))}`,
  );
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** `*` and `?` within a name. */
function matcher(part: string): (name: string) => boolean {
  const source = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`, 's');
  const isHidden = (name: string) => name.startsWith('.') && !part.startsWith('.');
  return (name) => pattern.test(name) && (name === part || !(isHidden(name) || PASSED_OVER.has(name)));
}

function walk(folder: string, [part, ...rest]: string[], above: string, root: string): string[] {
  if (part === undefined) return [];
  const names = namesIn(folder).sort();
  const kinds = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false });
  if (part === '**') {
    const below = names.filter((name) => !name.startsWith('.') && !PASSED_OVER.has(name) && isOwnFolder(folder, name));
    return [
      ...walk(folder, rest.length === 0 ? ['*'] : rest, above, root),
      ...below.flatMap((name) => walk(join(folder, name), ['**', ...rest], `${above}${name}/`, root)),
    ];
  }
  return names.filter(matcher(part)).flatMap((name) => {
    const kind = kinds(name);
    if (rest.length > 0) return kind?.isDirectory() ? walk(join(folder, name), rest, `${above}${name}/`, root) : [];
    if (!kind?.isFile()) return [];
    const real = relative(realpathSync(root), realpathSync(join(folder, name)));
    if (real.split(sep)[0] === '..')
      throw new UserError(
        `has ${show(`${above}${name}`)}, a link that leaves the folder of the sweep file; ${ALLOWED}`,
      );
    return [`${above}${name}`];
  });
}

/** No link: one may lead back to where it is. */
const isOwnFolder = (folder: string, name: string): boolean =>
  readdirSync(folder, { withFileTypes: true }).some((entry) => entry.name === name && entry.isDirectory());
