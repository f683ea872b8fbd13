/**
 * A graph loaded into TensorFlow, which optimises it (Grappler) when it runs first.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '../graph.ts';
import { sharedSessions, type Sessions } from '../sessions.ts';
import type { Session } from '../types.ts';
import type { NativeBackend, TensorFlowBinding } from './binding.ts';
import { TAG, toSavedModel, type SavedModel } from './saved-model.ts';

interface Loaded {
  binding: TensorFlowBinding;
  id: number;
}

export const sessions: Sessions<Loaded> = sharedSessions(({ binding, id }) => binding.deleteSavedModel(id));

/** Throws what TensorFlow says if it does not take the graph. */
export function openSession(backend: NativeBackend, graph: Graph): Session {
  const { binding } = backend;
  const model = toSavedModel(graph);
  const { loaded, giveBack } = sessions.take(model.bytes, () => ({ binding, id: load(binding, model) }));
  const inputs = model.inputs.join();
  const outputs = model.outputs.join();
  return {
    run: (tensors) =>
      binding
        .runSavedModel(loaded.id, backend.getInputTensorIds(tensors), inputs, outputs)
        .map((handle) => backend.createOutputTensor(handle)),
    dispose: giveBack,
  };
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
