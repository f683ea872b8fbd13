/**
 * Random numbers without hidden state: every stream is a function of (trial seed, purpose, step), so a trial resumed at
 * step n draws what it would have drawn without stopping, on any machine.
 *
 * The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011):
 * ten rounds of multiplications scramble a 128-bit counter under a 64-bit key. Here key = (seed, hash of the purpose)
 * and counter = (block within the stream, 0, step, 0).
 */
const ROUNDS = 10;
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The upper 32 bits of a product of two 32-bit numbers, by halves: doubles hold no 64-bit product exactly. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff,
    a1 = a >>> 16,
    b0 = b & 0xffff,
    b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + Math.floor(carry / 0x10000)) >>> 0;
}

/** Four random words for a counter and a key, written into `out` from `at` on. */
export function philox(counter: readonly number[], key: readonly number[], out: Uint32Array, at = 0): void {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
  let [k0 = 0, k1 = 0] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(M0, c0),
      low0 = Math.imul(M0, c0);
    const high1 = multiplyHigh(M1, c2),
      low1 = Math.imul(M1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** FNV-1a: spreads the purposes' names over the keys. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Successive draws of one stream. */
export interface Stream {
  /** The trial's, for what is drawn once and not at every step. */
  readonly seed: number;
  readonly step: number;
  /** A whole number in [0, 2^32). */
  word(): number;
  /** In [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** A whole number in [0, n), every one equally likely; 1 ≤ n ≤ 2^32. */
  below(n: number): number;
  /**
   * Standard normal, a 32-bit float: the logarithm's last bits, which may differ between machines, are rounded away.
   */
  normal(): number;
  /** 0 … n−1 in random order. */
  permutation(n: number): Int32Array;
  /** Fills with uniform numbers in [low, high). */
  fillUniform(out: Float32Array, low: number, high: number): Float32Array;
  /** Fills with whole numbers in [0, n). */
  fillBelow(out: Int32Array, n: number): Int32Array;
}

/**
 * The stream of a trial's seed (a whole number in [0, 2^32)), a purpose ('init', 'batch', 'evaluate', …) and a step.
 */
export function stream(seed: number, purpose: string, step = 0): Stream {
  for (const [name, value] of [
    ['seed', seed],
    ['step', step],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) {
      throw new RangeError(`the ${name} of a random stream is a whole number from 0 to 4294967295, not ${value}`);
    }
  }
  const key = [seed, hash32(purpose)];
  const words = new Uint32Array(4);
  let block = 0;
  let used = 4;

  function word(): number {
    if (used === 4) {
      philox([block++, 0, step, 0], key, words);
      used = 0;
    }
    return words[used++] as number;
  }
  const uniform = () => word() / 2 ** 32;
  function below(n: number): number {
    // Words beyond the last whole multiple of n would favour small results: drawn again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const w = word();
      if (w < limit) return w % n;
    }
  }
  /** Marsaglia's polar method, one of its two results: no sine or cosine. */
  function normal(): number {
    for (;;) {
      const x = 2 * uniform() - 1,
        y = 2 * uniform() - 1,
        s = x * x + y * y;
      if (s > 0 && s < 1) return Math.fround(x * Math.sqrt((-2 * Math.log(s)) / s));
    }
  }
  function permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = below(i + 1),
        swap = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swap;
    }
    return order;
  }
  function fillUniform(out: Float32Array, low: number, high: number): Float32Array {
    for (let i = 0; i < out.length; i++) out[i] = low + (high - low) * uniform();
    return out;
  }
  function fillBelow(out: Int32Array, n: number): Int32Array {
    for (let i = 0; i < out.length; i++) out[i] = below(n);
    return out;
  }
  return { seed, step, word, uniform, below, normal, permutation, fillUniform, fillBelow };
}
