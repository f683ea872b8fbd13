/** What is wrong with a sweep file, in words: where, what was given, what is allowed. */
import { distance } from 'fastest-levenshtein';

export type Path = (string | number)[];
export interface Problem {
  path: Path;
  message: string;
}

/** `space["model.cell"][1]`, `training.optimizer`; a key that is no word of at most 60 letters is shown as a text. */
export function pathText(path: Path): string {
  return path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[\w$-]{1,60}$/.test(key)) return `[${show(key)}]`;
      return i === 0 ? key : `.${key}`;
    })
    .join('');
}

/** A value as JSON on one line, in ASCII where a terminal could be fooled, cut where it is long. */
export function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Cs}/gu,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > 60 ? `${beginning(text, 57)}…` : text;
}

/** At most so many characters of JSON; no escape is cut through, for half of one would hide what comes next. */
function beginning(text: string, most: number): string {
  let shown = '';
  for (const [token] of text.matchAll(/\\u[\da-f]{4}|\\.|./gsu)) {
    if (shown.length + token.length > most) break;
    shown += token;
  }
  return shown;
}

/** What stood on a command line, in single quotes where a shell would need them. */
export function showArgument(text: string): string {
  const shown = show(text).slice(1).replace(/"$/, '').replaceAll('\\"', '"');
  return /^[\w./=+-]*$/.test(shown) ? shown : `'${shown}'`;
}

/** ` (did you mean "rmsprop"?)` where a candidate is close, else nothing. */
export function didYouMean(given: unknown, candidates: readonly string[]): string {
  if (typeof given !== 'string' || given.length > 100) return '';
  const small = given.toLowerCase();
  const isStart = (candidate: string) => given.length > 1 && candidate.startsWith(small);
  const far = (candidate: string) =>
    isStart(candidate.toLowerCase()) ? 0.5 : distance(small, candidate.toLowerCase());
  const [best] = [...candidates].sort((a, b) => far(a) - far(b));
  if (best === undefined) return '';
  // Up to a third of the letters wrong: 'lsmt' is a slip for 'lstm', 'gru' is none for 'rnn'.
  return far(best) <= Math.ceil(Math.min(given.length, best.length) / 3) ? ` (did you mean ${show(best)}?)` : '';
}

export function listOf(names: readonly string[]): string {
  return [...names].sort().join(', ');
}
