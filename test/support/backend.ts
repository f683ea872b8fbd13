/** TensorFlow for tests: the fastest that this machine has, or a named one; once per process. */
import { findNative } from '../../setup/tensorflow.ts';
import { loadBackend, type Backend, type BackendKind } from '../../engine/backends/index.ts';

let loaded: Promise<Backend> | undefined;

export function useBackend(kind?: BackendKind): Promise<Backend> {
  loaded ??= (async () => {
    const native = kind === undefined || kind === 'native' ? await findNative() : undefined;
    return loadBackend({ kind: kind ?? (native ? 'native' : 'wasm'), native });
  })();
  return loaded;
}
