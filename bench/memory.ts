/** Whether many thousands of replayed steps leave anything behind: tensors, sessions, memory of the process. */
import { moduleFile, typescriptEnvironment, typescriptFlags } from '../trainer/typescript.ts';
import { UserError } from '../core/errors.ts';
import { chooseBackend, originOf } from '../setup/backend.ts';
import { startLineWorker } from './line-worker.ts';
import { loadNow, ourVersions, thisMachine } from './machine.ts';
import { alone, type BenchResult } from './result.ts';

export interface MemoryOptions {
  steps: number;
  signal?: AbortSignal;
  onProgress(line: string): void;
}

/** What workers/memory.ts counts after some steps. */
export interface Held {
  /** MiB, resident in memory. */
  rss: number;
  /** MiB that JavaScript has in use, after a collection. */
  heap: number;
  /** That JavaScript knows. */
  tensors: number;
  /** What holds them for it, and how many it has. */
  library: 'TensorFlow' | 'WebAssembly';
  libraryTensors: number;
  /** Graphs that are loaded: of TensorFlow, or of ONNX Runtime. */
  sessions: number;
}

const WORKER = moduleFile('workers/memory.ts', import.meta.url);
const LOOKS = 10;

export async function benchMemory({ steps, signal, onProgress }: MemoryOptions): Promise<BenchResult> {
  const at = new Date().toISOString();
  const before = loadNow();
  const backend = await chooseBackend();
  const { choice, name, env } = backend;
  if (!originOf(backend).replayed)
    throw new UserError(
      `steps are replayed on native TensorFlow and on ONNX Runtime alone, and this is ${name}; run sweep setup`,
    );
  const args = ['--expose-gc', ...typescriptFlags, WORKER, JSON.stringify(choice)];
  const worker = await startLineWorker(process.execPath, args, { env: { ...env, ...typescriptEnvironment }, signal });
  const measurements = [];
  try {
    for (let look = 0, done = 0; look <= LOOKS; look++) {
      const until = Math.round((look * steps) / LOOKS) || 1; // the first look is after the recording
      const held = await worker.ask<Held>({ run: until - done });
      done = until;
      onProgress(`${done} steps`);
      const of = `after ${done} steps`;
      measurements.push(
        alone([of, 'resident'], 'MiB', [held.rss]),
        alone([of, 'heap'], 'MiB', [held.heap]),
        alone([of, 'tensors in JavaScript'], '', [held.tensors]),
        alone([of, `tensors in ${held.library}`], '', [held.libraryTensors]),
        alone([of, 'sessions'], '', [held.sessions]),
      );
    }
  } finally {
    worker.close();
  }
  return {
    bench: 'memory',
    at,
    machine: thisMachine(),
    load: [before, loadNow()],
    versions: { ...ourVersions(), backend: name },
    options: { steps },
    measurements,
    notes: [
      'an LSTM of 32 units on palindromes of 6 digits, batch 16, RMSProp, clipped by norm, evaluated every 100 steps; counted after a collection',
    ],
  };
}
