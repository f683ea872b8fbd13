/**
 * What a text's bytes are, where they are not UTF-8: a NUL is valid UTF-8, and UTF-16 without a mark of its order is
 * full of them.
 */

const MARKS: readonly [name: string, bytes: readonly number[]][] = [
  ['UTF-32LE', [0xff, 0xfe, 0, 0]],
  ['UTF-32BE', [0, 0, 0xfe, 0xff]],
  ['UTF-16LE', [0xff, 0xfe]],
  ['UTF-16BE', [0xfe, 0xff]],
];

/**
 * So much of a place's bytes are NULs, if these are the halves that its characters do not use: spaces and line ends
 * alone are this many.
 */
const LEAST_SHARE = 0.05;

/** The encoding that its mark, or else the places of its NULs tell; undefined: none of these. */
export function wideEncoding(bytes: Uint8Array): string | undefined {
  const marked = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (marked !== undefined) return marked[0];
  const nulls = [0, 0, 0, 0];
  for (const [i, byte] of bytes.entries()) if (byte === 0) nulls[i % 4] = (nulls[i % 4] as number) + 1;
  const [a, b, c, d] = nulls.map((count) => count > (LEAST_SHARE * bytes.length) / 4);
  if (!a && b && c && d) return 'UTF-32LE';
  if (a && b && c && !d) return 'UTF-32BE';
  // Of characters beyond the first 65,536 the third byte of four is used too; of others, the second of two.
  if (c && d) return 'UTF-32LE';
  if (a && b) return 'UTF-32BE';
  if (b && d) return 'UTF-16LE';
  return a && c ? 'UTF-16BE' : undefined;
}
