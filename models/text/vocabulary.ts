/** Characters as numbers, for tasks that read and write text. */
import { UserError } from '../../core/errors.ts';

export interface Vocabulary {
  /** In order of code point; a character's number is its place. */
  characters: readonly string[];
  size: number;
  /**
   * Throws a UserError that names the first character that is not in the vocabulary; `what` is what the text is called
   * there.
   */
  encode(text: string, what: string): Int32Array;
  decode(codes: ArrayLike<number>): string;
}

/** 'é' (U+00E9): seen even where a terminal shows nothing. */
const named = (character: string): string =>
  `${JSON.stringify(character)} (U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`;

/** The beginning of what is long: an error is a line. */
function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most).join('')}…` : text;
}

/** A text as errors show it. */
export const quoted = (text: string): string => JSON.stringify(shortened(text, 80));

export function vocabularyOf(text: string): Vocabulary {
  const seen = new Set<string>();
  for (const character of text) seen.add(character);
  const characters = [...seen].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
  const codes = new Map(characters.map((character, code) => [character, code]));
  return {
    characters,
    size: characters.length,
    encode(given, what) {
      return Int32Array.from([...given], (character) => {
        const code = codes.get(character);
        if (code !== undefined) return code;
        const known = characters.join('').trim();
        throw new UserError(
          `${what} has the character ${named(character)}, which the network never reads; allowed: ${shortened(known, 400)}`,
          2,
        );
      });
    },
    decode: (given) => Array.from(given, (code) => characters[code] ?? '').join(''),
  };
}

/** The function's results, kept: a sweep's trials have few texts, and each is large. */
export function onceForEach<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const result = known.get(text) ?? read(text);
    known.set(text, result);
    return result;
  };
}

/** The text that a task is built with; without one, the caller has a bug: the trial refers to it. */
export function needed(corpus: string | undefined, task: string): string {
  if (corpus === undefined) throw new Error(`the task ${task} was given no text`);
  return corpus;
}
