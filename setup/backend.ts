import { createRequire } from 'node:module';
import { UserError } from '../core/errors.ts';
import type { Origin } from '../core/results.ts';
import { nameOfNative, nativeEnvironment } from '../engine/backends/environment.ts';
import type { BackendChoice, BackendKind } from '../engine/backends/index.ts';
import { findNative } from './tensorflow.ts';

/** Which TensorFlow trainers load, and the environment that it needs when their process starts. Plain JSON. */
export interface TrainerBackend {
  /** As results name it: 'tensorflow 2.21.0 cpu avx512'. */
  name: string;
  accelerator: 'cpu' | 'gpu';
  choice: BackendChoice;
  env: Record<string, string>;
}

const TFJS = (createRequire(import.meta.url)('@tensorflow/tfjs-core/package.json') as { version: string }).version;

/**
 * What is asked for or, if nothing is, the best that is installed. One thread a trainer: results are then
 * bit-reproducible.
 */
export async function chooseBackend(wanted?: BackendKind): Promise<TrainerBackend> {
  const native = wanted === undefined || wanted === 'native' ? await findNative() : undefined;
  if (native) {
    const { kind } = native;
    return {
      name: nameOfNative(native),
      accelerator: kind,
      choice: { kind: 'native', native, threads: 1 },
      env: nativeEnvironment(native, 1),
    };
  }
  if (wanted === 'native')
    throw new UserError(
      '--backend native: native TensorFlow is not installed; run sweep setup, or allow --backend wasm',
    );
  const kind = wanted ?? 'wasm';
  return { name: `${kind} ${TFJS}`, accelerator: 'cpu', choice: { kind, threads: 1 }, env: {} };
}

/** What results of trials trained by it say of themselves. */
export const originOf = ({ name, choice }: TrainerBackend): Origin => ({
  backend: name,
  replayed: choice.kind === 'native',
});
