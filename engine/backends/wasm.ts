/** WebAssembly: runs wherever Node does. */
import * as tf from '@tensorflow/tfjs-core';
import { setThreadsCount, setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { Backend } from './types.ts';

export async function loadWasm(threads: number): Promise<Backend> {
  const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  setWasmPaths(join(folder, 'dist') + sep);
  setThreadsCount(threads);
  const restore = keepListeners();
  const ready = await tf.setBackend('wasm');
  restore();
  if (!ready) throw new Error('The WebAssembly backend could not be set up.');
  return { kind: 'wasm', name: `wasm ${version_wasm}`, version: version_wasm, replayable: false };
}

/** The compiled module takes over uncaught errors and prints its whole source for each: give them back to Node. */
function keepListeners(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.rawListeners(event));
  return () =>
    events.forEach((event, i) => {
      for (const listener of process.rawListeners(event)) {
        if (!before[i]?.includes(listener)) process.removeListener(event, listener as () => void);
      }
    });
}
