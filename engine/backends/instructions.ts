/**
 * The processor's instructions that oneDNN multiplies matrices with: results differ in their last bits between them.
 */
import { readFileSync } from 'node:fs';

export type Instructions = 'avx512' | 'avx2';

/** As oneDNN names them. No more than these: every machine that has them then computes the same. */
export const ISA: Record<Instructions, string> = { avx512: 'AVX512_CORE', avx2: 'AVX2' };
/** What oneDNN calls AVX512_CORE. */
const NEEDED = ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'];

/** Undefined: not to be known here. */
function processorFlags(): Set<string> | undefined {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return line === undefined ? undefined : new Set(line.trim().split(' '));
  } catch {
    return undefined; // no Linux
  }
}

/** Asked for with any of these, oneDNN uses no more than AVX2, which is the least that is told apart. */
const UP_TO_AVX2 = /^(SSE41|AVX|AVX2|AVX2_VNNI|AVX2_VNNI_2)$/i;

/**
 * The best that a processor with these flags has and ONEDNN_MAX_CPU_ISA allows: it is a limit, and gives a processor
 * nothing.
 */
export function instructionsOf(flags: ReadonlySet<string> | undefined, limit = ''): Instructions | undefined {
  if (flags !== undefined && !flags.has('avx2')) return undefined;
  return flags !== undefined && NEEDED.every((flag) => flags.has(flag)) && !UP_TO_AVX2.test(limit) ? 'avx512' : 'avx2';
}

let flags: { known: ReadonlySet<string> | undefined } | undefined;

function flagsHere(): ReadonlySet<string> | undefined {
  flags ??= { known: processorFlags() };
  return flags.known;
}

/** Those of this processor; undefined: one of another kind, which oneDNN has one way for. */
export const instructions = (): Instructions | undefined =>
  process.arch === 'x64' ? instructionsOf(flagsHere(), process.env.ONEDNN_MAX_CPU_ISA) : undefined;

/** The same without that limit; undefined where the system does not say. */
export const knownInstructions = (): Instructions | undefined => flagsHere() && instructionsOf(flagsHere());
