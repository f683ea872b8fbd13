import { createRequire } from 'node:module';
import { UserError } from '../core/errors.ts';
import type { Origin } from '../core/results.ts';
import { nameOfNative, nativeEnvironment } from '../engine/backends/environment.ts';
import type { BackendChoice, BackendKind } from '../engine/backends/index.ts';
import { nameOfOnnx, onnxEnvironment } from '../engine/backends/onnx-runtime.ts';
import { findOnnx } from './onnx.ts';
import { findNative } from './tensorflow.ts';

/** What trainers load, and the environment that it needs when their process starts. Plain JSON. */
export interface TrainerBackend {
  /** As results name it: 'tensorflow 2.21.0 cpu avx512'. */
  name: string;
  accelerator: 'cpu' | 'gpu';
  choice: BackendChoice;
  env: Record<string, string>;
}

const TFJS = (createRequire(import.meta.url)('@tensorflow/tfjs-core/package.json') as { version: string }).version;

const plain = (kind: 'wasm' | 'cpu'): TrainerBackend => ({
  name: `${kind} ${TFJS}`,
  accelerator: 'cpu',
  choice: { kind, threads: 1 },
  env: {},
});

/** Each as it is here; undefined: not installed. One thread a trainer: results are then bit-reproducible. */
const backends: Record<BackendKind, () => Promise<TrainerBackend | undefined>> = {
  async native() {
    const native = await findNative();
    return (
      native && {
        name: nameOfNative(native),
        accelerator: native.kind,
        choice: { kind: 'native', native, threads: 1 },
        env: nativeEnvironment(native, 1),
      }
    );
  },
  async onnx() {
    const onnx = await findOnnx();
    return (
      onnx && {
        name: nameOfOnnx(onnx),
        accelerator: 'cpu',
        choice: { kind: 'onnx', onnx, threads: 1 },
        env: onnxEnvironment(),
      }
    );
  },
  wasm: async () => plain('wasm'),
  cpu: async () => plain('cpu'),
};

/** Where none is asked for, the first that is here. */
const BEST = ['native', 'onnx', 'wasm'] as const satisfies BackendKind[];
const NAMES: Partial<Record<BackendKind, string>> = { native: 'native TensorFlow', onnx: 'ONNX Runtime' };

/** What is asked for or, if nothing is, what has begun already, if it is here, else the best that is installed. */
export async function chooseBackend(wanted?: BackendKind, begun?: Origin): Promise<TrainerBackend> {
  if (wanted === undefined && begun !== undefined)
    for (const find of Object.values(backends)) {
      const found = await find();
      if (found && isSameOrigin(originOf(found), begun)) return found;
    }
  for (const kind of wanted === undefined ? BEST : [wanted]) {
    const found = await backends[kind]();
    if (found) return found;
  }
  throw new UserError(
    `--backend ${wanted}: ${NAMES[wanted ?? 'wasm']} is not installed; run sweep setup, or allow --backend wasm`,
  );
}

const isSameOrigin = (a: Origin, b: Origin) => a.backend === b.backend && a.replayed === b.replayed;

/** What results of trials trained by it say of themselves. */
export const originOf = ({ name, choice }: TrainerBackend): Origin => ({
  backend: name,
  replayed: choice.kind === 'native' || choice.kind === 'onnx',
});
