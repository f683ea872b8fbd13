/** What is to be known of ONNX Runtime before it is loaded: loads nothing itself. */
import { cpus } from 'node:os';
import { knownInstructions } from './instructions.ts';

/** An installed ONNX Runtime, as setup/ finds it. */
export interface OnnxRuntime {
  version: string;
  /** The N-API binding, a .node file; the library lies beside it. */
  binding: string;
}

/**
 * As results name it: 'onnxruntime 1.27.0 cpu avx2'. Its kernels (MLAS) take the processor's best instructions, which
 * no variable limits. Where the system does not tell them the processor's model is named: two of one model have the
 * same.
 */
export const nameOfOnnx = ({ version }: Pick<OnnxRuntime, 'version'>): string =>
  `onnxruntime ${version} cpu ${knownInstructions() ?? (process.platform === 'linux' ? process.arch : model())}`;

const model = (): string => cpus()[0]?.model.trim() || process.arch;

/** What the library reads from the environment when it is loaded. loadOnnx() sets it, so a fork need not. */
export function onnxEnvironment(): Record<string, string> {
  // From 1.29 on it sends events to its makers unless told not to.
  return { ORT_DISABLE_TELEMETRY: '1' };
}
