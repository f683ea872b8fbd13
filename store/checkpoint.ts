/**
 * A checkpoint as bytes: magic, length of the header, header (JSON: step, origin, curve, names and shapes), the
 * tensors' values (float32, little-endian, in the header's order), SHA-256 of all that. Whatever was torn or flipped is
 * found out.
 */
import { createHash } from 'node:crypto';
import type { Checkpoint, Origin } from '../core/results.ts';

const MAGIC = Buffer.from('SWEEPCK1');
const HASH_BYTES = 32;

interface Header extends Pick<Checkpoint, 'step' | 'curve' | 'observations'> {
  /** Left out by older versions. */
  origin?: Origin;
  tensors: { name: string; shape: number[] }[];
}

export function encodeCheckpoint(
  { step, curve, observations, tensors }: Checkpoint,
  { backend, replayed }: Origin,
): Uint8Array {
  const entries = Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Header = {
    step,
    origin: { backend, replayed },
    curve,
    observations,
    tensors: entries.map(([name, { shape }]) => ({ name, shape })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const values = entries.map(([, { values: v }]) => Buffer.from(v.buffer, v.byteOffset, v.byteLength));
  const body = Buffer.concat([MAGIC, length, text, ...values]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

function headerOf(bytes: Buffer): { header: Header; end: number } {
  const start = MAGIC.length + 4;
  const end = start + bytes.readUInt32LE(MAGIC.length);
  return { header: JSON.parse(bytes.toString('utf8', start, end)) as Header, end };
}

/** How many observations a checkpoint says it has; none of damaged bytes: decoding tells of those. */
export function observationsIn(given: Uint8Array): number {
  try {
    return (headerOf(Buffer.from(given.buffer, given.byteOffset, given.byteLength)).header.observations ?? []).length;
  } catch {
    return 0;
  }
}

export interface Decoded {
  checkpoint: Checkpoint;
  origin: Origin | undefined;
}

/** Throws an Error that says what is wrong with damaged bytes. */
export function decodeCheckpoint(given: Uint8Array): Decoded {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length < MAGIC.length + 4 + HASH_BYTES)
    throw new Error(`a checkpoint of ${bytes.length} bytes is cut short`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('not a checkpoint');
  const body = bytes.subarray(0, bytes.length - HASH_BYTES);
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(body.length)))
    throw new Error('a checkpoint whose SHA-256 does not match');
  const { header, end } = headerOf(bytes);
  let offset = end;
  const tensors: Checkpoint['tensors'] = {};
  for (const { name, shape } of header.tensors) {
    const count = shape.reduce((product, size) => product * size, 1);
    // A copy: a Float32Array must start at a multiple of four.
    tensors[name] = {
      shape,
      values: new Float32Array(new Uint8Array(body.subarray(offset, offset + 4 * count)).buffer),
    };
    offset += 4 * count;
  }
  const { step, origin, curve, observations } = header;
  return { checkpoint: { step, curve, observations, tensors }, origin };
}
