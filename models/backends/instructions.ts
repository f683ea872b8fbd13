/** The processor's instructions that oneDNN multiplies matrices with: results differ in their last bits between them. */
import { readFileSync } from 'node:fs';

export type Instructions = 'avx512' | 'avx2';

/** As oneDNN names them. No more than these: every machine that has them then computes the same. */
export const ISA: Record<Instructions, string> = { avx512: 'AVX512_CORE', avx2: 'AVX2' };
/** What oneDNN calls AVX512_CORE. */
const NEEDED = ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'];

function processorFlags(): string[] {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(' ') ?? [];
  } catch {
    return []; // no Linux
  }
}

let known: Instructions | undefined;

/** Those that ONEDNN_MAX_CPU_ISA asks for, or the best that there are; undefined: a processor of another kind, which oneDNN has one way for. */
export function instructions(): Instructions | undefined {
  if (process.arch !== 'x64') return undefined;
  const asked = Object.entries(ISA).find(([, isa]) => isa === process.env.ONEDNN_MAX_CPU_ISA)?.[0] as Instructions | undefined;
  if (asked !== undefined) return asked;
  if (known === undefined) {
    const flags = new Set(processorFlags());
    known = NEEDED.every((flag) => flags.has(flag)) ? 'avx512' : 'avx2';
  }
  return known;
}
