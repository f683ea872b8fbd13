/**
 * A graph loaded into TensorFlow, which optimises it (Grappler) when it runs first: half a second for a long LSTM. So
 * sessions are shared: the next trial of the same shapes records the same graph and finds it ready.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Binding, Handle } from './binding.ts';
import type { Graph } from './graph.ts';
import { TAG, toSavedModel, type SavedModel } from './saved-model.ts';

export interface Session {
  /** Ids of the inputs in, new tensors out. Throws what TensorFlow says if an op fails. */
  run(inputs: number[]): Handle[];
  close(): void;
}

/** How many sessions that nobody uses are kept; a few megabytes each. */
const KEPT = 16;

interface Shared {
  id: number;
  users: number;
}

/** By what their graphs hash to; those closed last are the last ones. */
const sessions = new Map<string, Shared>();

/** Throws what TensorFlow says if it does not take the graph. */
export function openSession(binding: Binding, graph: Graph): Session {
  const model = toSavedModel(graph);
  const key = createHash('sha256').update(model.bytes).digest('hex');
  const shared = sessions.get(key) ?? { id: load(binding, model), users: 0 };
  sessions.set(key, shared);
  shared.users += 1;
  const inputs = model.inputs.join();
  const outputs = model.outputs.join();
  return {
    run: (ids) => binding.runSavedModel(shared.id, ids, inputs, outputs),
    close() {
      shared.users -= 1;
      sessions.delete(key);
      sessions.set(key, shared);
      closeIdle(binding, KEPT);
    },
  };
}

/** Closes sessions that nobody uses, all but the `kept` that were used last. */
export function closeIdle(binding: Binding, kept = 0): void {
  const idle = [...sessions].filter(([, { users }]) => users === 0);
  for (const [key, { id }] of idle.slice(0, Math.max(0, idle.length - kept))) {
    sessions.delete(key);
    binding.deleteSavedModel(id);
  }
}

/** The only way into TensorFlow that the binding has leads over a file. */
function load(binding: Binding, { bytes }: SavedModel): number {
  const folder = mkdtempSync(join(tmpdir(), 'graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    return binding.loadSavedModel(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
