/**
 * What a network goes on from, and its bytes: the tensors' values (float32, little-endian), in the order of their names
 * and shapes, which go before them.
 */
import type { Checkpoint, RungRecord, TrainerState, TrialResult } from '../../core/results.ts';

/** Weights, optimizer state and carried state, as 'weights/…', 'optimizer/…', 'carried/…'. */
export type SavedTensors = Record<string, { shape: number[]; values: Float32Array }>;

/** A network in training, with everything that it needs to go on. */
export interface NetworkCheckpoint extends Omit<Checkpoint, 'state'> {
  tensors: SavedTensors;
}

interface About {
  tensors: { name: string; shape: number[] }[];
}

export function stateOf(saved: SavedTensors): TrainerState {
  const entries = Object.entries(saved).sort(([a], [b]) => (a < b ? -1 : 1));
  const about = { tensors: entries.map(([name, { shape }]) => ({ name, shape })) } satisfies About;
  const values = entries.map(([, { values: v }]) => Buffer.from(v.buffer, v.byteOffset, v.byteLength));
  return { about, bytes: Buffer.concat(values) };
}

export function tensorsOf({ about, bytes }: TrainerState): SavedTensors {
  const tensors: SavedTensors = {};
  let offset = 0;
  for (const { name, shape } of (about as unknown as About).tensors) {
    const count = shape.reduce((product, size) => product * size, 1);
    // A copy: a Float32Array must start at a multiple of four.
    tensors[name] = {
      shape,
      values: new Float32Array(new Uint8Array(bytes.subarray(offset, offset + 4 * count)).buffer),
    };
    offset += 4 * count;
  }
  return tensors;
}

/** Without any tensors where there is no state: no network that could be trained fits that. */
export const networkOf = ({ state, ...seen }: Checkpoint): NetworkCheckpoint => ({
  ...seen,
  tensors: state === undefined ? {} : tensorsOf(state),
});

/** What a network and the record of its trial do not agree on. */
export function* networkProblems(state: TrainerState | undefined, record: RungRecord): Generator<string> {
  const weights = Object.entries(state ? tensorsOf(state) : {})
    .filter(([name]) => name.startsWith('weights/'))
    .map(([, { values }]) => values);
  const numbers = weights.reduce((sum, { length }) => sum + length, 0);
  if (numbers !== record.parameters) yield `has ${numbers} weights, and the trial ${record.parameters}`;
  if ((record as TrialResult).status === 'completed' && !weights.every((values) => values.every(Number.isFinite)))
    yield 'has weights that are no numbers';
}
