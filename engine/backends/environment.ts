/**
 * What is to be known of native TensorFlow before it is loaded: loads nothing itself, so that a command can ask without
 * waiting for it.
 */
import { instructions, ISA } from './instructions.ts';

/** An installed native TensorFlow, as setup/ finds it. */
export interface NativeTensorFlow {
  kind: 'cpu' | 'gpu';
  version: string;
  /** The N-API binding, a .node file. */
  binding: string;
}

/** Variables that change what is computed, with the values that change nothing. */
const DECIDING: Record<string, readonly string[]> = {
  TF_ENABLE_ONEDNN_OPTS: ['0', 'false'],
  ONEDNN_DEFAULT_FPMATH_MODE: ['STRICT'],
  DNNL_DEFAULT_FPMATH_MODE: ['STRICT'],
  ONEDNN_CPU_ISA_HINTS: ['NO_HINTS'],
  DNNL_CPU_ISA_HINTS: ['NO_HINTS'],
  TF_XLA_FLAGS: [],
};
const DECIDING_ON_GPU = { ...DECIDING, NVIDIA_TF32_OVERRIDE: ['0'] };

/** Those that are set otherwise, as 'NAME=value'. */
function deciding(kind: 'cpu' | 'gpu'): string[] {
  return Object.entries(kind === 'gpu' ? DECIDING_ON_GPU : DECIDING).flatMap(([name, plain]) => {
    const value = process.env[name] ?? '';
    return value === '' || plain.includes(value) ? [] : [`${name}=${value}`];
  });
}

/** As results name it: 'tensorflow 2.21.0 cpu avx512', 'tensorflow 2.21.0 gpu'. What results depend on is in it. */
export function nameOfNative({ version, kind }: Pick<NativeTensorFlow, 'version' | 'kind'>): string {
  return [
    'tensorflow',
    version,
    kind,
    ...(kind === 'cpu' ? [instructions() ?? process.arch] : []),
    ...deciding(kind),
  ].join(' ');
}

/** What the library reads from the environment when it is loaded. loadNative() sets it, so a fork need not. */
export function nativeEnvironment(native: NativeTensorFlow, threads = 1): Record<string, string> {
  const n = String(threads);
  const own = instructions();
  return {
    TF_NUM_INTRAOP_THREADS: n,
    // Below 0, ops run on the thread that asks for them. With one thread they run one after the other anyway, and a
    // small step is a tenth faster.
    TF_NUM_INTEROP_THREADS: threads === 1 ? '-1' : n,
    OMP_NUM_THREADS: n,
    // A step makes and frees hundreds of tensors, which malloc is slow at.
    TF_CPU_ALLOCATOR_USE_BFC: process.env.TF_CPU_ALLOCATOR_USE_BFC ?? 'true',
    // Recorded graphs say themselves where oneDNN pays (replay/tensorflow/rewrites/one-dnn.ts); elsewhere it wins
    // nothing.
    TF_ENABLE_ONEDNN_OPTS: process.env.TF_ENABLE_ONEDNN_OPTS ?? '0',
    ...(own && { ONEDNN_MAX_CPU_ISA: ISA[own] }),
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    ...(native.kind === 'gpu' && {
      // One process must not take all the memory of a GPU that several share.
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      // Products in full single precision, as on every other backend, and not rounded to TF32's ten bits.
      NVIDIA_TF32_OVERRIDE: process.env.NVIDIA_TF32_OVERRIDE ?? '0',
    }),
  };
}
