/** Chunks of bytes -> whole lines, whatever somebody writes: a line without an end takes no more than `most` bytes. */

export interface Lines {
  /** The lines that this chunk ends, without their ends. One that is longer than `most` bytes is cut there. */
  add(chunk: Uint8Array): Buffer[];
  /** What came after the last line's end. */
  rest(): Buffer[];
}

const NEWLINE = 0x0a;

export function wholeLines(most: number): Lines {
  let parts: Buffer[] = [];
  let size = 0;
  const keep = (part: Buffer) => {
    const room = part.subarray(0, Math.max(0, most - size));
    if (room.length > 0) parts.push(room);
    size += room.length;
  };
  const take = (): Buffer => {
    const line = Buffer.concat(parts);
    [parts, size] = [[], 0];
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  };
  return {
    add(given) {
      const chunk = Buffer.from(given); // a copy: the rest of a large chunk is not kept for one line
      const lines: Buffer[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, at));
        lines.push(take());
        from = at + 1;
      }
      keep(chunk.subarray(from));
      return lines;
    },
    rest: () => (size === 0 ? [] : [take()]),
  };
}
