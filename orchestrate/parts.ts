/** The parts that a sweep needs on this machine, what trains and the Temporal server: found, or installed. */
import { UserError } from '../core/errors.ts';
import type { BackendKind } from '../engine/backends/index.ts';
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
  /** Nothing compiled can be had: trials will run as WebAssembly, which is slower. */
  | { kind: 'not-compiled'; why: string };

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
  signal?: AbortSignal | undefined;
  onEvent?: ((event: PartsEvent) => void) | undefined;
}

/** A way to each part, found or made. What cannot be had is an `error` of it. */
type Ways = { [P in PartName]: () => Promise<InstalledParts[P]> };

/** `anyWillDo`: what is there is taken, even where something better could be installed. */
function waysTo({ signal, onEvent = () => {}, anyWillDo }: InstallRequest & { anyWillDo: boolean }): Ways {
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
  return {
    tensorflow: () => one('tensorflow', findNative, () => makeNative(options, onEvent)),
    onnx: () => one('onnx', findOnnx, () => installOnnx(options)),
    temporal: () =>
      one(
        'temporal',
        () => findTemporal(signal),
        () => installTemporal(options),
      ),
  };
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

const nothing = Promise.resolve({});

/** Installs what is wanted and missing, or could be better, all at once. */
export async function installParts(
  wanted: Readonly<Record<PartName, boolean>>,
  request: InstallRequest,
): Promise<InstalledParts> {
  const ways = waysTo({ ...request, anyWillDo: false });
  try {
    const [tensorflow, onnx, temporal] = await Promise.all([
      wanted.tensorflow ? ways.tensorflow() : nothing,
      wanted.onnx ? ways.onnx() : nothing,
      wanted.temporal ? ways.temporal() : nothing,
    ]);
    return { tensorflow, onnx, temporal };
  } finally {
    request.onEvent?.({ kind: 'parts-done' });
  }
}

/**
 * Installs, all at once, what is missing of what a start needs. Where nothing compiled can be had it says so and goes
 * on; without a Temporal server, or the backend that was asked for, it cannot: a UserError.
 */
export async function ensureParts({
  backend,
  ...request
}: InstallRequest & { backend?: BackendKind | undefined }): Promise<void> {
  const ways = waysTo({ ...request, anyWillDo: true });
  const trains = ensureBackend(backend, ways);
  const server = needsEmbeddedServer().then((needs) => (needs ? ways.temporal() : nothing));
  await Promise.allSettled([trains, server]); // neither is left at work
  request.onEvent?.({ kind: 'parts-done' });
  const { error }: InstalledParts['temporal'] = await server;
  if (error) throw new UserError(error);
  const whyPlain = await trains;
  if (whyPlain !== undefined) request.onEvent?.({ kind: 'not-compiled', why: whyPlain });
}

/**
 * Native TensorFlow where it is already, and where there is a GPU, which it alone uses; else ONNX Runtime, which is
 * here in seconds. The answer is why there is neither.
 */
async function ensureBackend(wanted: BackendKind | undefined, ways: Ways): Promise<string | undefined> {
  if (wanted === 'wasm' || wanted === 'cpu') return undefined;
  if (wanted !== undefined) {
    const { error } = await (wanted === 'native' ? ways.tensorflow() : ways.onnx());
    if (error !== undefined) throw new UserError(`--backend ${wanted}: ${error}`);
    return undefined;
  }
  if (await findNative()) return undefined;
  const reasons: string[] = [];
  for (const way of wantedVariant() === 'gpu' ? [ways.tensorflow, ways.onnx] : [ways.onnx, ways.tensorflow]) {
    const { error } = await way();
    if (error === undefined) return undefined;
    reasons.push(error);
  }
  return reasons.join(' ');
}
