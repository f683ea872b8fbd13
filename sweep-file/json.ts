/**
 * Text -> JSON value: comments and trailing commas are fine; whatever could mean two things or do harm is a problem.
 */
import { createScanner, printParseErrorCode, visit } from 'jsonc-parser';
import type { Json, JsonObject } from '../core/json.ts';
import { show, type Path, type Problem } from './problem.ts';

/** A sweep file is a page or two; a megabyte is a mistake. */
export const MOST_BYTES = 2 ** 20;
/** The deepest a sweep file goes is 5 (space → path → choice → value → its parts). */
const DEEPEST = 32;

/** Keys that reach into JavaScript's own objects instead of the file's. */
export const HARMFUL = new Set(['__proto__', 'constructor', 'prototype']);

// Control characters but for tab and newline, the marks that reorder text on a screen, halves of surrogate pairs.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u;

/** By the parser's names of its errors. */
const expectations: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is no JSON value; allowed: "text", a number, true, false, null, […], {…}',
  InvalidNumberFormat: 'this is no JSON number',
  PropertyNameExpected: 'a key in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a closing } is expected here',
  CloseBracketExpected: 'a closing ] is expected here',
  EndOfFileExpected: 'the value has ended, nothing more is allowed here',
  UnexpectedEndOfComment: 'a comment does not end',
  UnexpectedEndOfString: 'a string does not end on its line',
  UnexpectedEndOfNumber: 'a number ends too early',
  InvalidUnicode: 'a \\u is followed by four hexadecimal digits',
  InvalidEscapeCharacter: 'there is no such escape; allowed: \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u',
  InvalidCharacter: 'a control character stands in a string',
};

/** jsonc-parser's SyntaxKind.EOF: a const enum, which does not outlive its own compilation. */
const EOF = 17;

/** Whether brackets are nested deeper than allowed; looked at first, because a parser recurses. */
function tooDeep(text: string): boolean {
  const scanner = createScanner(text, true);
  let depth = 0;
  while ((scanner.scan() as number) !== EOF) {
    const bracket = text[scanner.getTokenOffset()] ?? '';
    if (bracket === '{' || bracket === '[') depth++;
    if (bracket === '}' || bracket === ']') depth--;
    if (depth > DEEPEST) return true;
  }
  return false;
}

export function parseJson(text: string): { value: Json; problems: [] } | { problems: Problem[] } {
  if (Buffer.byteLength(text) > MOST_BYTES)
    return { problems: [{ path: [], message: 'is larger than 1 MiB, which no sweep file needs' }] };
  if (tooDeep(text))
    return {
      problems: [{ path: [], message: `is nested more than ${DEEPEST} levels deep, which no sweep file needs` }],
    };

  const problems: Problem[] = [];
  const firstAt = new WeakMap<JsonObject, Map<string, number>>();
  let syntaxError: Problem | undefined;
  let root: Json | undefined;
  let key = '';
  const open: (Json[] | JsonObject)[] = [];

  const put = (value: Json) => {
    const parent = open.at(-1);
    if (parent === undefined) root = value;
    else if (Array.isArray(parent)) parent.push(value);
    else if (!HARMFUL.has(key)) parent[key] = value;
  };
  const enter = (value: Json[] | JsonObject) => {
    put(value);
    open.push(value);
  };
  const leave = () => {
    open.pop();
  };

  visit(
    text.replace(/^\uFEFF/, ''),
    {
      onObjectBegin: () => enter({}),
      onArrayBegin: () => enter([]),
      onObjectEnd: leave,
      onArrayEnd: leave,
      onObjectProperty(name, _offset, _length, line, _column, path) {
        key = name;
        const at: Path = [...path(), name];
        const parent = open.at(-1) as JsonObject;
        const seen = firstAt.get(parent) ?? new Map<string, number>();
        firstAt.set(parent, seen);
        const before = seen.get(name);
        const refuse = (message: string) => problems.push({ path: at, message });
        if (HARMFUL.has(name)) refuse('not allowed as a key');
        else if (before !== undefined) refuse(`stands twice, on lines ${before + 1} and ${line + 1}; allowed: once`);
        else if (UNPRINTABLE.test(name)) refuse('its name has a character that cannot be printed');
        seen.set(name, line);
      },
      onLiteralValue(value: Json, offset, length, _line, _column, path) {
        if (typeof value === 'number' && !Number.isFinite(value)) {
          problems.push({ path: path(), message: `${text.slice(offset, offset + length)} is too large for a number` });
        } else if (typeof value === 'string' && UNPRINTABLE.test(value)) {
          problems.push({
            path: path(),
            message: `${show(value)} has a character that cannot be printed; allowed: text, tabs and newlines`,
          });
        }
        put(value);
      },
      onError(error, _offset, _length, line, column) {
        const expected = expectations[printParseErrorCode(error)] ?? 'something else is expected here';
        syntaxError ??= { path: [], message: `is not JSON: line ${line + 1}, column ${column + 1}: ${expected}` };
      },
    },
    { disallowComments: false, allowTrailingComma: true },
  );

  if (syntaxError) return { problems: [syntaxError] };
  if (problems.length > 0) return { problems };
  return root === undefined
    ? { problems: [{ path: [], message: 'is empty; allowed: a sweep as JSON' }] }
    : { value: root, problems: [] };
}
