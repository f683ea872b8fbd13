/** tfjs-node's backend: its kernels are plain JavaScript, over whatever stands in the place of its N-API binding. */
import { createRequire } from 'node:module';
import type * as TfjsNode from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';

export type TfjsNodeBackend = TfjsNode.NodeJSKernelBackend;
type TfjsNodeBinding = ConstructorParameters<typeof TfjsNode.NodeJSKernelBackend>[0];

const PACKAGE = '@tensorflow/tfjs-node-gpu';
/** What its kernels are registered for. */
export const TFJS_NODE = 'tensorflow';

/** Registers the kernels, once per process; what it returns makes a backend of theirs. */
export function tfjsNode(): (binding: object) => TfjsNodeBackend {
  const require = createRequire(import.meta.url);
  restoreUtil(require('node:util') as Record<string, unknown>);
  process.setSourceMapsEnabled(false); // of its 150 files nobody needs them, and to read them takes a third of the time
  require(`${PACKAGE}/dist/register_all_kernels.js`);
  process.setSourceMapsEnabled(true);
  const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend.js`) as typeof TfjsNode;
  return (binding) => new NodeJSKernelBackend(binding as TfjsNodeBinding, PACKAGE);
}

/** tfjs-node 4.22 calls helpers that Node 23 took out of node:util. */
function restoreUtil(util: Record<string, unknown>): void {
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}
