/** TensorFlow's own C library (CPU or GPU) through tfjs-node's kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { nameOfNative, nativeEnvironment, type NativeTensorFlow } from './environment.ts';
import { TFJS_NODE, tfjsNode } from './tfjs-node.ts';
import type { Backend } from './types.ts';

interface Binding {
  TF_Version: string;
  isUsingGpuDevice(): boolean;
}

let loaded: Promise<Backend> | undefined;

export function loadNative(native: NativeTensorFlow, threads: number): Promise<Backend> {
  return (loaded ??= load(native, threads));
}

async function load(native: NativeTensorFlow, threads: number): Promise<Backend> {
  Object.assign(process.env, nativeEnvironment(native, threads));
  const binding = createRequire(import.meta.url)(native.binding) as Binding;
  const backendOver = tfjsNode();
  if (tf.findBackendFactory(TFJS_NODE) !== null) tf.removeBackend(TFJS_NODE); // what recordings stood in for it with
  tf.registerBackend(TFJS_NODE, () => backendOver(binding), 3);
  if (!(await tf.setBackend(TFJS_NODE)))
    throw new Error(`TensorFlow's library at ${native.binding} could not be set up.`);
  const version = binding.TF_Version;
  const kind = binding.isUsingGpuDevice() ? 'gpu' : 'cpu';
  return { kind: 'native', name: nameOfNative({ version, kind }), version, replayable: true, binding };
}
