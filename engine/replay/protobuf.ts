/**
 * Enough of Protocol Buffers' wire format to write messages: a field is its number and wire type, then its value.
 * Written here because it is thirty lines, and because equal input must give equal bytes.
 */
const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** Seven bits to a byte, the lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  if (value >= 0 && value < 0x80) return Uint8Array.of(value);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest ? low | 0x80 : low);
  } while (rest);
  return Uint8Array.from(bytes);
}

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

/** The bytes of a message, or of a part of one: fields may be written in any order, and simply follow each other. */
export type Message = Uint8Array;

export const join = (...parts: Message[]): Message => Buffer.concat(parts);
export const integer = (field: number, value: number | boolean): Message =>
  join(tag(field, VARINT), varint(Number(value)));
export const bytes = (field: number, value: Uint8Array): Message =>
  join(tag(field, LENGTH), varint(value.length), value);
export const text = (field: number, value: string): Message => bytes(field, Buffer.from(value));
export const message = (field: number, ...parts: Message[]): Message => bytes(field, join(...parts));
export const float = (field: number, value: number): Message => {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return join(tag(field, FIXED32), four);
};
