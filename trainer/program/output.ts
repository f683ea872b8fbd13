/**
 * What a program has printed, as far as it is kept: the beginning and the end, a bounded number of bytes of any that it
 * prints, and nothing of its secrets.
 */
import { StringDecoder } from 'node:string_decoder';

/** Of a whole output; a log of training is some kilobytes, and what matters in a longer one stands at its ends. */
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 192 * 1024;

/** What stands in the place of a secret. */
const HIDDEN = '***';

/** Texts that are replaced in whatever is kept, each by another. */
export type Replacements = readonly (readonly [text: string, by: string])[];

/** A value as it is, and as it looks in JSON, in an address, and as bytes that are taken for letters. */
export const secretsOf = (values: readonly string[]): Replacements =>
  [
    ...new Set(
      values.flatMap((v) => [
        ...[v, JSON.stringify(v).slice(1, -1), encodeURIComponent(v), Buffer.from(v).toString('latin1')],
      ]),
    ),
  ]
    .filter((text) => text !== '')
    .sort((a, b) => b.length - a.length) // one may stand in another
    .map((text) => [text, HIDDEN]);

export function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((all, [from, to]) => all.replaceAll(from, to), text);
}

export interface Output {
  add(chunk: Uint8Array): void;
  /** A line of ours among what the program prints. */
  note(line: string): void;
  /** All that is kept. */
  text(): string;
  /** Its last lines that say something. */
  last(lines: number): string[];
  /** Changes whenever there is more. */
  version(): number;
}

export function keptOutput(replacements: Replacements, { head = HEAD_BYTES, tail = TAIL_BYTES } = {}): Output {
  const decoder = new StringDecoder('utf8');
  const longest = replacements.reduce((most, [text]) => Math.max(most, text.length), 1);
  let pending = ''; // may end in the beginning of a secret
  let first = '';
  let rest = '';
  let left = 0;
  let version = 0;

  function keep(text: string): void {
    const room = Math.max(0, head - first.length);
    first += text.slice(0, room);
    rest += text.slice(room);
    if (rest.length <= 2 * tail) return;
    left += rest.length - tail;
    rest = rest.slice(-tail);
  }
  /** Lets go of what can be part of no secret that is still to come. */
  function settle(): void {
    pending = replaced(pending, replacements);
    const ready = Math.max(0, pending.length - longest + 1);
    keep(pending.slice(0, ready));
    pending = pending.slice(ready);
  }
  function whole(): string {
    const end = rest + replaced(pending, replacements);
    const cut = left + Math.max(0, end.length - tail);
    return cut === 0 ? first + end : `${first}\n… ${cut} characters left out …\n${end.slice(-tail)}`;
  }
  return {
    add(chunk) {
      version++;
      pending += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      settle();
    },
    note(line) {
      version++; // what is held back may be half a secret: it comes after the line
      const before = rest || first;
      keep(`${before === '' || before.endsWith('\n') ? '' : '\n'}sweep: ${replaced(line, replacements)}\n`);
    },
    text: whole,
    last: (lines) =>
      whole()
        .slice(-8192)
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('sweep: '))
        .slice(-lines),
    version: () => version,
  };
}
