/** A sweep file's text, within reason. */
import { open, readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '../core/errors.ts';
import { refusalOf } from '../core/refusal.ts';
import { MOST_BYTES } from './json.ts';
import { didYouMean } from './problem.ts';

const EXAMPLE = 'allowed: a sweep file, such as sweeps/rnn-vs-lstm.json';

export async function readText(file: string): Promise<string> {
  const handle = await open(file, 'r').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
      throw new UserError(`${file}: cannot be read: ${refusalOf(error) ?? error.code ?? error.message}; ${EXAMPLE}`, 2);
    const neighbours = (await readdir(dirname(file)).catch(() => [])).filter((name) => name.endsWith('.json'));
    throw new UserError(`${file}: no such file; ${EXAMPLE}${didYouMean(basename(file), neighbours)}`, 2);
  });
  try {
    if ((await handle.stat()).isDirectory()) throw new UserError(`${file}: is a folder; ${EXAMPLE}`, 2);
    const chunks: Buffer[] = [];
    let size = 0;
    // One byte more than allowed is enough for parseJson to refuse it: a device or a pipe may never end.
    for await (const chunk of handle.createReadStream({ end: MOST_BYTES, autoClose: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_BYTES) break;
    }
    return decode(Buffer.concat(chunks), file);
  } finally {
    await handle.close();
  }
}

function decode(bytes: Uint8Array, file: string): string {
  if (bytes.length > MOST_BYTES) return Buffer.from(bytes).toString('latin1'); // refused for its size, whatever it says
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file}: is not UTF-8 text; ${EXAMPLE}`, 2);
  }
}
