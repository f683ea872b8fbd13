import { hashJson } from '../core/json.ts';

/**
 * What TensorFlow, its libraries and the loader of programs read when a trainer starts, and the connections to Temporal
 * and to a bucket.
 */
const READ =
  /^(TF|TFJS|ONEDNN|DNNL|OMP|GOMP|KMP|MKL|OPENBLAS|XLA|ORT|NVIDIA|CUDA|CUDNN|CUBLAS|TEMPORAL|AWS|LD|DYLD|GLIBC|MALLOC)_/;
/** What a worker and its trainers read of ours. */
const OWN = ['SWEEP_HOME', 'SWEEP_CHECKPOINT_SECONDS', 'SWEEP_PACK_SIZES'];
/** Set for a worker by whoever starts it; they are known without. */
const GIVEN = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'];

/**
 * Of the variables that a process is to know from its start: a warm one that was started with others has other results,
 * or another server.
 */
export function environmentHash(environment: NodeJS.ProcessEnv, others: readonly string[] = []): string {
  const read = Object.entries(environment).filter(
    ([name]) => (READ.test(name) && !GIVEN.includes(name)) || OWN.includes(name) || others.includes(name),
  );
  return hashJson(Object.fromEntries(read)); // a key of Temporal's must not be read from a record
}
