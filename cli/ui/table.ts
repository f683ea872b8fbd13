import stringWidth from 'string-width';
import { padEnd, padStart } from './text.ts';

export interface TableCell {
  text: string;
  tint?(text: string): string;
}
export type TableRow = readonly (string | TableCell)[];
export type ColumnSide = 'left' | 'right';

const cellOf = (cell: string | TableCell | undefined): TableCell =>
  typeof cell === 'object' ? cell : { text: cell ?? '' };

/**
 * Rows as aligned lines. `sides` is how each column is aligned; further ones are as the last. Nothing is padded at the
 * right end.
 */
export function table(
  rows: readonly TableRow[],
  { sides = ['left'], gap = 2 }: { sides?: readonly ColumnSide[]; gap?: number } = {},
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => stringWidth(cellOf(row[i]).text))),
  );
  return rows.map((row) =>
    row
      .map((given, i) => {
        const { text, tint = (t: string) => t } = cellOf(given);
        const width = widths[i] ?? 0;
        if ((sides[i] ?? sides.at(-1)) === 'right') return padStart('', width - stringWidth(text)) + tint(text);
        return tint(text) + (i === row.length - 1 ? '' : padEnd('', width - stringWidth(text)));
      })
      .join(' '.repeat(gap)),
  );
}
