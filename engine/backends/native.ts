/** TensorFlow's own C library (CPU or GPU) through tfjs-node's kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { nameOfNative, nativeEnvironment, type NativeTensorFlow } from './environment.ts';
import type { Backend } from './types.ts';

interface Binding {
  TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** Of tfjs-node/, which is JavaScript as its package has it. */
interface Kernels {
  NodeJSKernelBackend: new (binding: Binding, packageName: string) => tf.KernelBackend;
}

let loaded: Promise<Backend> | undefined;

export function loadNative(native: NativeTensorFlow, threads: number): Promise<Backend> {
  return (loaded ??= load(native, threads));
}

async function load(native: NativeTensorFlow, threads: number): Promise<Backend> {
  Object.assign(process.env, nativeEnvironment(native, threads));
  const require = createRequire(import.meta.url);
  restoreUtil(require('node:util') as Record<string, unknown>);

  const binding = require(native.binding) as Binding;
  process.setSourceMapsEnabled(false); // of its 150 files nobody needs them, and to read them takes a third of the time
  require('./tfjs-node/js/register_all_kernels.js');
  process.setSourceMapsEnabled(true);
  const { NodeJSKernelBackend } = require('./tfjs-node/js/nodejs_kernel_backend.js') as Kernels;
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3);
  if (!(await tf.setBackend('tensorflow')))
    throw new Error(`TensorFlow's library at ${native.binding} could not be set up.`);
  const version = binding.TF_Version;
  const kind = binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
  return { kind: 'native', name: nameOfNative({ version, kind }), version, replayable: true, binding };
}

/** tfjs-node 4.22 calls helpers that Node 23 took out of node:util. */
function restoreUtil(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
