import canonicalize from 'canonicalize';
import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/**
 * RFC 8785: one text for one value, whatever the order of its keys. Throws on NaN and Infinity, which JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  const text = (canonicalize as unknown as (value: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('this value has no JSON form');
  return text;
}

/** SHA-256 of the canonical JSON, in lower-case hexadecimal (64 digits). */
export function hashJson(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** An own value at a path such as ['training', 'learningRate']; undefined where there is none. */
export function getPath(value: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = value;
  for (const key of path) {
    if (here === null || typeof here !== 'object' || Array.isArray(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** A copy with the value at the path replaced; objects on the way that are missing are made. */
export function setPath(value: JsonObject, path: readonly string[], next: Json): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) throw new RangeError('an empty path names nothing');
  if (rest.length === 0) return { ...value, [key]: next };
  const child = Object.hasOwn(value, key) ? value[key] : undefined;
  return { ...value, [key]: setPath(isJsonObject(child) ? child : {}, rest, next) };
}

/** A copy without the value at the path. */
export function dropPath(value: JsonObject, path: readonly string[]): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) throw new RangeError('an empty path names nothing');
  const child = Object.hasOwn(value, key) ? value[key] : undefined;
  if (rest.length > 0) return isJsonObject(child) ? { ...value, [key]: dropPath(child, rest) } : value;
  return Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** A value as people write it: text as it is, 'none' for null, 'norm 10' for {"norm": 10}. */
export function valueText(value: Json): string {
  if (value === null) return 'none';
  if (isJsonObject(value))
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${valueText(inner)}`)
      .join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What somebody has sent, in a few words: it may be anything, even an object that cannot be made into text. */
export function briefly(value: unknown): string {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return String(value).slice(0, 40);
  return Array.isArray(value) ? 'a list' : 'an object';
}
