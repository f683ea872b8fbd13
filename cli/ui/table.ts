import stringWidth from 'string-width';
import { padEnd, padStart } from './text.ts';

export interface Cell {
  text: string;
  tint?(text: string): string;
}
export type Row = readonly (string | Cell)[];
export type Side = 'left' | 'right';

const asCell = (cell: string | Cell | undefined): Cell => (typeof cell === 'object' ? cell : { text: cell ?? '' });

/**
 * Rows as aligned lines. `sides` is how each column is aligned; further ones are as the last. Nothing is padded at the
 * right end.
 */
export function table(
  rows: readonly Row[],
  { sides = ['left'], gap = 2 }: { sides?: readonly Side[]; gap?: number } = {},
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => stringWidth(asCell(row[i]).text))),
  );
  return rows.map((row) =>
    row
      .map((given, i) => {
        const { text, tint = (t: string) => t } = asCell(given);
        const width = widths[i] ?? 0;
        if ((sides[i] ?? sides.at(-1)) === 'right') return padStart('', width - stringWidth(text)) + tint(text);
        return tint(text) + (i === row.length - 1 ? '' : padEnd('', width - stringWidth(text)));
      })
      .join(' '.repeat(gap)),
  );
}
