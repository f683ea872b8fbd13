/** `sweep setup`, and what `sweep start` installs by itself. */
import { dirname } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { isServerChosen, needsEmbeddedServer } from '../../server/connection.ts';
import { findOnnx, installOnnx, whyNotOnnx, type OnnxRuntime } from '../../setup/onnx.ts';
import type { InstallOptions } from '../../setup/progress.ts';
import { findTemporal, installTemporal } from '../../setup/temporal.ts';
import type { TemporalProgram } from '../../setup/temporal.ts';
import { findNative, installNative, wantedVariant } from '../../setup/tensorflow.ts';
import type { NativeTensorFlow } from '../../setup/tensorflow.ts';
import { say, sayJson, tell } from '../ui/output.ts';
import { partName, partsDisplay } from '../ui/parts.ts';
import { duration } from '../ui/text.ts';

export async function setup({ json }: { json?: boolean }, signal: AbortSignal): Promise<void> {
  const parts = await install({
    native: true,
    onnx: whyNotOnnx() === undefined,
    temporal: !isServerChosen(),
    anyWillDo: false,
    signal,
  });
  if (json) sayJson(parts);
  else summary(parts).forEach(say);
  if (parts.tensorflow.error ?? parts.onnx.error ?? parts.temporal.error) process.exitCode = 1;
}

export interface EnsureOptions {
  /** Whether trials of this command will train here on native TensorFlow. */
  native: boolean;
  signal?: AbortSignal;
}

/**
 * What `sweep start` needs before it starts: installs, both at once, what is missing. Without native TensorFlow it says
 * so in one line and goes on; without a Temporal server it cannot.
 */
export async function ensureParts({ native, signal }: EnsureOptions): Promise<{ native?: NativeTensorFlow }> {
  const { tensorflow, temporal } = await install({
    native,
    onnx: false,
    temporal: await needsEmbeddedServer(),
    anyWillDo: true,
    signal,
  });
  if (temporal.error) throw new UserError(temporal.error);
  if (tensorflow.error) tell(wasmLine(tensorflow.error));
  return tensorflow.found ? { native: tensorflow.found } : {};
}

interface Part<T> {
  found?: T;
  /** Installed just now. */
  installed?: boolean;
  /** Why there is none, and what to do. */
  error?: string;
}
interface Parts {
  tensorflow: Part<NativeTensorFlow>;
  onnx: Part<OnnxRuntime>;
  temporal: Part<TemporalProgram>;
}

interface Wanted {
  native: boolean;
  onnx: boolean;
  temporal: boolean;
  /** Take what is there, even where something better could be installed. */
  anyWillDo: boolean;
  signal: AbortSignal | undefined;
}

/** Installs what is wanted and missing, all at once. */
async function install({ native, onnx, temporal, anyWillDo, signal }: Wanted): Promise<Parts> {
  const display = partsDisplay(process.stderr);
  const options: InstallOptions = { signal, onProgress: display.onProgress };
  const one = async <T>(part: string, find: () => Promise<T | undefined>, make: () => Promise<T>): Promise<Part<T>> => {
    const already = await find();
    if (already && anyWillDo) return { found: already };
    const began = performance.now();
    try {
      const found = await make();
      if (already) return { found };
      display.finish(part, `${partName(part)}: ready in ${duration((performance.now() - began) / 1000)}`);
      return { found, installed: true };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      display.finish(part);
      return { error: error.message };
    }
  };
  const makeNative = async (): Promise<NativeTensorFlow> => {
    if (wantedVariant() === 'gpu') {
      try {
        return await installNative({ ...options, variant: 'gpu' });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        display.finish('tensorflow', `TensorFlow will leave the GPU alone and use the processor: ${error.message}`);
      }
    }
    return installNative({ ...options, variant: 'cpu' });
  };
  const nothing = Promise.resolve({});
  try {
    const [tensorflow, runtime, server] = await Promise.all([
      native ? one('tensorflow', findNative, makeNative) : nothing,
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
    display.close();
  }
}

const wasmLine = (why: string): string =>
  `TensorFlow will run as WebAssembly, several times slower than native: ${why}`;

function summary({ tensorflow, onnx, temporal }: Parts): string[] {
  const native = tensorflow.found;
  return [
    native
      ? `TensorFlow ${native.version} ${native.kind.toUpperCase()}  ${dirname(native.binding)}`
      : wasmLine(tensorflow.error ?? ''),
    `ONNX Runtime ${onnx.found ? `${onnx.found.version}  ${dirname(onnx.found.binding)}` : ` ${onnx.error ?? whyNotOnnx()}`}`,
    `Temporal server  ${temporal.found?.path ?? temporal.error ?? 'none needed: TEMPORAL_ADDRESS or a profile names one'}`,
  ];
}
