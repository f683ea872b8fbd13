/** What replays recorded steps, for tests that go over all of it: one device a process. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { loadBackend, type BackendChoice } from '../../engine/backends/index.ts';
import { sessions as onnxSessions } from '../../engine/replay/onnx/session.ts';
import { nativeBackend } from '../../engine/replay/tensorflow/binding.ts';
import { sessions as nativeSessions } from '../../engine/replay/tensorflow/session.ts';
import { findOnnx } from '../../setup/onnx.ts';
import { findNative } from '../../setup/tensorflow.ts';

export interface TestDevice {
  /** Why its tests are skipped. */
  skip: string | false;
  choice: BackendChoice;
  /** As tfjs knows what holds its tensors. */
  backend: string;
  /** How far a replayed step may be from one that runs op by op: on the same library's kernels, or on another's. */
  tolerance: number;
  load(): Promise<void>;
  closeIdle(): void;
  /** Sessions, and tensors of whatever holds them: JavaScript's own are among them. */
  held(): { sessions: number; tensors: number };
}

export async function nativeDevice(): Promise<TestDevice> {
  const native = await findNative();
  const choice: BackendChoice = { kind: 'native', native, threads: 1 };
  const binding = () => nativeBackend()?.binding;
  return {
    skip: native ? false : 'native TensorFlow is not installed: sweep setup',
    choice,
    backend: 'tensorflow',
    tolerance: 5e-6,
    load: async () => void (await loadBackend(choice)),
    closeIdle: nativeSessions.closeIdle,
    held: () => ({ sessions: binding()?.getNumOfSavedModels() ?? NaN, tensors: binding()?.getNumOfTensors() ?? NaN }),
  };
}

const onnx = await findOnnx();

export function onnxDevice(): TestDevice {
  const choice: BackendChoice = { kind: 'onnx', onnx, threads: 1 };
  return {
    skip: onnx ? false : 'ONNX Runtime is not installed: sweep setup',
    choice,
    backend: 'wasm',
    tolerance: 1e-5,
    load: async () => void (await loadBackend(choice)),
    closeIdle: onnxSessions.closeIdle,
    held: () => ({ sessions: onnxSessions.count, tensors: (tf.engine().backend as BackendWasm).numDataIds() }),
  };
}
