/**
 * Widths of text in DejaVu Sans, read from the pinned font: vega without a canvas only guesses them, and layouts gape.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const resolve = createRequire(import.meta.url).resolve;
export const fontFiles = {
  normal: resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  bold: resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
};

/** Width of a code point in em. */
type Advance = (codePoint: number) => number;

/** Reads the tables head, hhea, hmtx and cmap (format 4) of a TrueType font; see the OpenType specification. */
function advances(path: string): Advance {
  const font = readFileSync(path);
  const tables = new Map<string, number>();
  for (let i = 0; i < font.readUInt16BE(4); i++)
    tables.set(font.toString('latin1', 12 + 16 * i, 16 + 16 * i), font.readUInt32BE(12 + 16 * i + 8));
  const table = (name: string) => tables.get(name) ?? 0;
  const unitsPerEm = font.readUInt16BE(table('head') + 18);
  const widths = font.readUInt16BE(table('hhea') + 34);
  const glyphOf = characterMap(font, table('cmap'));
  return (codePoint) => font.readUInt16BE(table('hmtx') + 4 * Math.min(glyphOf(codePoint), widths - 1)) / unitsPerEm;
}

/** Code point -> glyph, from the segments of the Windows Unicode map; 0, the empty box, where there is none. */
function characterMap(font: Buffer, cmap: number): (codePoint: number) => number {
  const records = Array.from({ length: font.readUInt16BE(cmap + 2) }, (_, i) => cmap + 4 + 8 * i);
  const unicode = records.find((at) => font.readUInt16BE(at) === 3 && font.readUInt16BE(at + 2) === 1);
  if (unicode === undefined) throw new Error('this font has no Unicode map');
  const map = cmap + font.readUInt32BE(unicode + 4);
  const twice = font.readUInt16BE(map + 6); // 2 × number of segments
  const [ends, starts] = [map + 14, map + 16 + twice];
  const [deltas, offsets] = [starts + twice, starts + 2 * twice];
  return (codePoint) => {
    for (let i = 0; i < twice; i += 2) {
      if (font.readUInt16BE(ends + i) < codePoint) continue;
      const start = font.readUInt16BE(starts + i);
      if (start > codePoint) return 0;
      const offset = font.readUInt16BE(offsets + i);
      const glyph = offset === 0 ? codePoint : font.readUInt16BE(offsets + i + offset + 2 * (codePoint - start));
      return glyph === 0 ? 0 : (glyph + font.readUInt16BE(deltas + i)) & 0xffff;
    }
    return 0;
  };
}

const fonts = new Map<string, Advance>();

/** Width in pixels of one line of text. */
export function textWidth(text: string, fontSize: number, bold: boolean): number {
  const path = bold ? fontFiles.bold : fontFiles.normal;
  const advance = fonts.get(path) ?? advances(path);
  fonts.set(path, advance);
  return fontSize * [...text].reduce((sum, c) => sum + advance(c.codePointAt(0) ?? 0), 0);
}

/** Breaks a text between words so that no line is wider than `limit` pixels, but for a longer word. */
export function wrapped(text: string, limit: number, fontSize: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && textWidth(longer, fontSize, false) <= limit) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
