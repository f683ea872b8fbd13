/** tfjs-node's backend: its kernels are plain JavaScript, over whatever stands in the place of its N-API binding. */
import { createRequire } from 'node:module';
import type { KernelBackend } from '@tensorflow/tfjs-core';

/** Of tfjs-node/, which is JavaScript as its package has it. */
interface Kernels {
  NodeJSKernelBackend: new (binding: object, packageName: string) => KernelBackend;
}
/** What it tells warnings by. */
const PACKAGE = '@tensorflow/tfjs-node-gpu';
/** What its kernels are registered for. */
export const TFJS_NODE = 'tensorflow';

/** Registers the kernels, once per process; what it returns makes a backend of theirs. */
export function tfjsNode(): (binding: object) => KernelBackend {
  const require = createRequire(import.meta.url);
  restoreUtil(require('node:util') as Record<string, unknown>);
  process.setSourceMapsEnabled(false); // of its 150 files nobody needs them, and to read them takes a third of the time
  require('./tfjs-node/js/register_all_kernels.js');
  process.setSourceMapsEnabled(true);
  const { NodeJSKernelBackend } = require('./tfjs-node/js/nodejs_kernel_backend.js') as Kernels;
  return (binding) => new NodeJSKernelBackend(binding, PACKAGE);
}

/** tfjs-node 4.22 calls helpers that Node 23 took out of node:util. */
function restoreUtil(util: Record<string, unknown>): void {
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}
