/** The parts that a sweep needs on this machine, what computes and the Temporal server: found, or installed. */
import { UserError } from '../core/errors.ts';
import { needsEmbeddedServer } from '../server/connection.ts';
import { findOnnx, installOnnx, type OnnxRuntime } from '../setup/onnx.ts';
import type { InstallOptions, SetupProgress } from '../setup/progress.ts';
import { findTemporal, installTemporal, type TemporalProgram } from '../setup/temporal.ts';
import { findNative, installNative, wantedVariant, type NativeTensorFlow } from '../setup/tensorflow.ts';

export type PartName = 'tensorflow' | 'onnx' | 'temporal';

/** What whoever looks on may be told while parts are installed. */
export type PartsEvent =
  | { kind: 'part-progress'; progress: SetupProgress }
  /** Installed just now, in so many seconds. */
  | { kind: 'part-ready'; part: PartName; seconds: number }
  | { kind: 'part-failed'; part: PartName }
  /** There is a GPU, and the TensorFlow for it could not be installed: that for the processor is next. */
  | { kind: 'gpu-left-alone'; why: string }
  /** Nothing is being installed any more. */
  | { kind: 'parts-done' }
  /** Trials will be trained by another backend, which is slower. */
  | { kind: 'no-native'; why: string };

export interface InstalledPart<T> {
  found?: T;
  /** Installed just now. */
  installed?: boolean;
  /** Why there is none, and what to do. */
  error?: string;
}

export interface InstalledParts {
  tensorflow: InstalledPart<NativeTensorFlow>;
  onnx: InstalledPart<OnnxRuntime>;
  temporal: InstalledPart<TemporalProgram>;
}

export interface InstallRequest {
  native: boolean;
  onnx: boolean;
  temporal: boolean;
  /** Take what is there, even where something better could be installed. */
  anyWillDo: boolean;
  signal?: AbortSignal | undefined;
  onEvent?(event: PartsEvent): void;
}

/** Installs what is wanted and missing, all at once. What cannot be had is an `error` of its part. */
export async function installParts({
  native,
  onnx,
  temporal,
  anyWillDo,
  signal,
  onEvent = () => {},
}: InstallRequest): Promise<InstalledParts> {
  const options: InstallOptions = { signal, onProgress: (progress) => onEvent({ kind: 'part-progress', progress }) };
  const one = async <T>(
    part: PartName,
    find: () => Promise<T | undefined>,
    make: () => Promise<T>,
  ): Promise<InstalledPart<T>> => {
    const already = await find();
    if (already && anyWillDo) return { found: already };
    const began = performance.now();
    try {
      const found = await make();
      if (already) return { found };
      onEvent({ kind: 'part-ready', part, seconds: (performance.now() - began) / 1000 });
      return { found, installed: true };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onEvent({ kind: 'part-failed', part });
      return { error: error.message };
    }
  };
  const nothing = Promise.resolve({});
  try {
    const [tensorflow, runtime, server] = await Promise.all([
      native ? one('tensorflow', findNative, () => makeNative(options, onEvent)) : nothing,
      onnx ? one('onnx', findOnnx, () => installOnnx(options)) : nothing,
      temporal
        ? one(
            'temporal',
            () => findTemporal(signal),
            () => installTemporal(options),
          )
        : nothing,
    ]);
    return { tensorflow, onnx: runtime, temporal: server };
  } finally {
    onEvent({ kind: 'parts-done' });
  }
}

async function makeNative(options: InstallOptions, onEvent: (event: PartsEvent) => void): Promise<NativeTensorFlow> {
  if (wantedVariant() === 'gpu') {
    try {
      return await installNative({ ...options, variant: 'gpu' });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onEvent({ kind: 'gpu-left-alone', why: error.message });
    }
  }
  return installNative({ ...options, variant: 'cpu' });
}

/**
 * Installs, both at once, what is missing of all that a start needs. Without native TensorFlow it says so and goes on;
 * without a Temporal server it cannot: a UserError. `native`: whether trials will train here on native TensorFlow.
 */
export async function ensureParts({
  native,
  signal,
  onEvent = () => {},
}: Pick<InstallRequest, 'native' | 'signal' | 'onEvent'>): Promise<void> {
  const temporal = await needsEmbeddedServer();
  const parts = await installParts({ native, onnx: false, temporal, anyWillDo: true, signal, onEvent });
  if (parts.temporal.error) throw new UserError(parts.temporal.error);
  if (parts.tensorflow.error) onEvent({ kind: 'no-native', why: parts.tensorflow.error });
}
