/** What is appended to a file, as it comes. */
import { open } from 'node:fs/promises';

const CHUNK = 1 << 20;
const MOST_CHUNKS = 16;

/**
 * Reads on from where it stopped, a few megabytes at most; what has been cut off the file is read from its beginning
 * again.
 */
export function tailOf(file: string): () => Promise<Buffer[]> {
  let offset = 0;
  return async () => {
    const handle = await open(file, 'r').catch(() => undefined); // the program has removed it
    if (handle === undefined) return [];
    try {
      const { size } = await handle.stat();
      if (size < offset) offset = 0;
      const chunks: Buffer[] = [];
      while (chunks.length < MOST_CHUNKS && offset < size) {
        const most = Math.min(CHUNK, size - offset);
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(most), 0, most, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        chunks.push(buffer.subarray(0, bytesRead));
      }
      return chunks;
    } finally {
      await handle.close();
    }
  };
}
