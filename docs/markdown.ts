/** What tables in the documents are made of. */

/** Text that stands in a table's cell as it is: a bar would end the cell, `<dir>` would be taken for HTML. */
export const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/\s*\n\s*/g, ' ');

/** The same as code; nothing in it but a bar means anything else there. */
export const code = (text: string): string => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);

const row = (cells: readonly string[]): string => `${cells.map((text) => `|${text && ` ${text}`} `).join('')}|`;

/** Columns in which no row has anything are left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const filled = head.map((_, column) => rows.some((cells) => cells[column] !== ''));
  const only = (cells: readonly string[]) => cells.filter((_, column) => filled[column]);
  return [row(only(head)), `|${'---|'.repeat(only(head).length)}`, ...rows.map((cells) => row(only(cells)))].join('\n');
}

/** A sentence, with a full stop. Its first letter is large, unless it begins with a symbol, or a value and a colon. */
export function sentence(text: string): string {
  const begins = /^[a-z-]+[ ,;]/.test(text) && !/^[a-z],/.test(text);
  const first = begins ? `${text[0]?.toUpperCase()}${text.slice(1)}` : text;
  return first === '' || /[.?!…]$/.test(first) ? first : `${first}.`;
}

const BLOCK = /(<!-- made: (\S+) -->\n)[^]*?(<!-- end -->)/g;

/** The names of a document's blocks, in order. */
export const blocksOf = (document: string): string[] => [...document.matchAll(BLOCK)].map(([, , name = '']) => name);

/** The document with what is made in its blocks, `<!-- made: NAME -->` to `<!-- end -->`; the rest is people's. */
export function filled(document: string, blocks: Readonly<Record<string, string>>): string {
  return document.replace(BLOCK, (_, begin: string, name: string, end: string) => {
    const text = blocks[name];
    if (text === undefined)
      throw new RangeError(`there is no block ${name}; there are ${Object.keys(blocks).join(', ')}`);
    return `${begin}\n${text}\n\n${end}`;
  });
}
