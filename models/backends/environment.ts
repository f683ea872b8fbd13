/** What is to be known of native TensorFlow before it is loaded: loads nothing itself, so that a command can ask without waiting for it. */

/** An installed native TensorFlow, as setup/ finds it. */
export interface NativeTensorFlow {
  kind: 'cpu' | 'gpu';
  version: string;
  /** The N-API binding, a .node file. */
  binding: string;
}

/** What the library reads from the environment when it is loaded. loadNative() sets it, so a fork need not. */
export function nativeEnvironment(native: NativeTensorFlow, threads = 1): Record<string, string> {
  const n = String(threads);
  return {
    TF_NUM_INTRAOP_THREADS: n,
    TF_NUM_INTEROP_THREADS: process.env.X_INTEROP ?? n,
    OMP_NUM_THREADS: n,
    // Recorded graphs say themselves where oneDNN pays (graph/rewrites/one-dnn.ts); elsewhere it wins nothing.
    TF_ENABLE_ONEDNN_OPTS: process.env.TF_ENABLE_ONEDNN_OPTS ?? '0',
    // Its results change with the instructions it uses: those that every x86-64 machine of these years has are as fast here.
    ONEDNN_MAX_CPU_ISA: process.env.ONEDNN_MAX_CPU_ISA ?? 'AVX2',
    TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    ...(native.kind === 'gpu' && {
      // One process must not take all the memory of a GPU that several share.
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      // Products in full single precision, as on every other backend, and not rounded to TF32's ten bits.
      NVIDIA_TF32_OVERRIDE: process.env.NVIDIA_TF32_OVERRIDE ?? '0',
    }),
  };
}
