/**
 * What is to be seen of a GPU before it is relied on, set-up included, in less than ten minutes: that steps run there
 * operation by operation, replayed and with lanes, that all of them learn the same (their losses agree, or there is no
 * result), and how long each takes.
 */
import { UserError } from '../core/errors.ts';
import { chooseBackend } from '../setup/backend.ts';
import { hasNvidiaGpu, installNative, type NativeInstallOptions } from '../setup/tensorflow.ts';
import type { BenchResult } from './result.ts';
import { benchStep } from './step.ts';

export interface GpuOptions {
  rounds: number;
  signal?: AbortSignal;
  onProgress(line: string): void;
  /** Of the set-up. */
  onPart?: NativeInstallOptions['onProgress'];
}

/** A network as people train it on a processor, and one that a GPU is for. */
const HIDDEN = [128, 1024];
const LANES = [2, 8, 16];

/** Throws a UserError if there is no GPU that TensorFlow computes on, or if something does not run there. */
export async function benchGpu({ rounds, signal, onProgress, onPart }: GpuOptions): Promise<BenchResult> {
  if (!hasNvidiaGpu())
    throw new UserError('there is no NVIDIA GPU here (neither /dev/nvidiactl nor /dev/dxg): nothing was measured');
  await installNative({ variant: 'gpu', ...(signal && { signal }), ...(onPart && { onProgress: onPart }) });
  const { name, accelerator } = await chooseBackend('native');
  if (accelerator !== 'gpu')
    throw new UserError(`TensorFlow for the GPU was set up, but ${name} is what would be used: nothing was measured`);
  const result = await benchStep({
    cells: ['rnn', 'lstm'],
    lengths: [19],
    batches: [128],
    hidden: HIDDEN,
    encoding: 'scalar',
    lanes: LANES,
    rounds,
    pythons: [],
    others: [],
    clock: 'wall',
    ...(signal && { signal }),
    onProgress,
  });
  const { versions, measurements, notes } = result;
  if (!versions['tensorflow']?.includes('gpu'))
    throw new UserError(`TensorFlow sees no GPU that it can use: it computed as ${versions['tensorflow']}`);
  const wanted = 2 * HIDDEN.length * (2 + LANES.length);
  if (measurements.length < wanted)
    throw new UserError(`${wanted - measurements.length} of ${wanted} cases do not run on it: ${notes.join('; ')}`);
  return { ...result, bench: 'gpu' };
}
