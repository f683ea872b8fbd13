/**
 * A checkpoint as bytes: magic, length of the header, header (JSON: step, origin, curve, observations, and what the
 * trainer says of its own bytes), the trainer's bytes, SHA-256 of all that. Whatever was torn or flipped is found out;
 * what the trainer's bytes mean is not asked.
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../core/json.ts';
import type { Checkpoint, Origin } from '../core/results.ts';

const MAGIC = Buffer.from('SWEEPCK1');
const HASH_BYTES = 32;

interface Header extends Omit<Checkpoint, 'state'> {
  /** Left out by older versions. */
  origin?: Origin;
}

export function encodeCheckpoint(
  { step, curve, observations, state }: Checkpoint,
  { backend, replayed }: Origin,
): Uint8Array {
  const header: Header = { step, origin: { backend, replayed }, curve, observations, ...state?.about };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const body = [MAGIC, length, text, state?.bytes ?? Buffer.alloc(0)];
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  return Buffer.concat([...body, hash.digest()]);
}

function headerOf(bytes: Buffer): { header: Header & JsonObject; end: number } {
  const start = MAGIC.length + 4;
  const end = start + bytes.readUInt32LE(MAGIC.length);
  return { header: JSON.parse(bytes.toString('utf8', start, end)) as Header & JsonObject, end };
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

/** Throws an Error that says what is wrong with damaged bytes. The trainer's own are not copied. */
export function decodeCheckpoint(given: Uint8Array): Decoded {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length < MAGIC.length + 4 + HASH_BYTES)
    throw new Error(`a checkpoint of ${bytes.length} bytes is cut short`);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error('not a checkpoint');
  const body = bytes.subarray(0, bytes.length - HASH_BYTES);
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(body.length)))
    throw new Error('a checkpoint whose SHA-256 does not match');
  const { header, end } = headerOf(bytes);
  const { step, origin, curve, observations, ...about } = header;
  const state = Object.keys(about).length > 0 && { state: { about, bytes: body.subarray(end) } };
  return { checkpoint: { step, curve, observations, ...state }, origin };
}
