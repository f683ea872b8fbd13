/** TensorFlow's own C library (CPU or GPU) through tfjs-node's kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import type * as TfjsNode from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { Backend } from './index.ts';

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
    TF_NUM_INTEROP_THREADS: n,
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

interface Binding { TF_Version: string; isUsingGpuDevice(): boolean }

let loaded: Promise<Backend> | undefined;

export function loadNative(native: NativeTensorFlow, threads: number): Promise<Backend> {
  return (loaded ??= load(native, threads));
}

async function load(native: NativeTensorFlow, threads: number): Promise<Backend> {
  Object.assign(process.env, nativeEnvironment(native, threads));
  const require = createRequire(import.meta.url);
  restoreUtil(require('node:util') as Record<string, unknown>);

  const binding = require(native.binding) as Binding;
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as typeof TfjsNode;
  type TfjsBinding = ConstructorParameters<typeof NodeJSKernelBackend>[0];
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding as TfjsBinding, '@tensorflow/tfjs-node-gpu'), 3);
  if (!(await tf.setBackend('tensorflow'))) throw new Error(`TensorFlow's library at ${native.binding} could not be set up.`);
  const version = binding.TF_Version;
  const device = binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
  return { kind: 'native', name: `tensorflow ${version} ${device}`, version, replayable: true, binding };
}

/** tfjs-node 4.22 calls helpers that Node 23 took out of node:util. */
function restoreUtil(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
