/**
 * A graph loaded into TensorFlow, which optimises it (Grappler) when it runs first: half a second for a
 * thousand ops. So sessions are shared: the next function of equal graph finds it ready.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '../graph.ts';
import type { Session } from '../types.ts';
import type { NativeBackend, TensorFlowBinding } from './binding.ts';
import { TAG, toSavedModel, type SavedModel } from './saved-model.ts';

/** How many sessions that nobody uses are kept; a few megabytes each. */
const KEPT = 16;

interface Shared {
  id: number;
  users: number;
}

/** By what their graphs hash to; those closed last are the last ones. */
const sessions = new Map<string, Shared>();

/** Throws what TensorFlow says if it does not take the graph. */
export function openSession(backend: NativeBackend, graph: Graph): Session {
  const { binding } = backend;
  const model = toSavedModel(graph);
  const key = createHash('sha256').update(model.bytes).digest('hex');
  const shared = sessions.get(key) ?? { id: load(binding, model), users: 0 };
  sessions.set(key, shared);
  shared.users += 1;
  const inputs = model.inputs.join();
  const outputs = model.outputs.join();
  return {
    run: (tensors) =>
      binding
        .runSavedModel(shared.id, backend.getInputTensorIds(tensors), inputs, outputs)
        .map((handle) => backend.createOutputTensor(handle)),
    dispose() {
      shared.users -= 1;
      sessions.delete(key);
      sessions.set(key, shared);
      closeIdle(binding, KEPT);
    },
  };
}

/** Closes sessions that nobody uses, all but the `kept` that were used last. */
export function closeIdle(binding: TensorFlowBinding, kept = 0): void {
  const idle = [...sessions].filter(([, { users }]) => users === 0);
  for (const [key, { id }] of idle.slice(0, Math.max(0, idle.length - kept))) {
    sessions.delete(key);
    binding.deleteSavedModel(id);
  }
}

/** The only way into TensorFlow that the binding has leads over a file. */
function load(binding: TensorFlowBinding, { bytes }: SavedModel): number {
  const folder = mkdtempSync(join(tmpdir(), 'graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    return binding.loadSavedModel(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
