/** What training changes from step to step: made, restored from checkpoints, taken apart by lane and saved. */
import { keep, tensor, tidy } from '@tensorflow/tfjs-core';
import type { NetworkTrial } from '../../core/spec.ts';
import { laneCopy, laneOf, together } from '../../engine/lanes.ts';
import { disposeAll, listOf, mapTensors } from '../../engine/tensors.ts';
import type { Update } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import type { Problem, Tensors } from '../../models/types.ts';
import type { NetworkCheckpoint, SavedTensors } from './checkpoint.ts';
import type { Holding } from './flat.ts';

export interface Lane {
  trial: NetworkTrial;
  problem: Problem;
  update: Update;
}

/** Of all lanes together; weights and what the optimizer keeps of them as the program holds them. */
export type Learned = Record<'weights' | 'optimizer' | 'carried', Tensors>;
const parts = ['weights', 'optimizer', 'carried'] as const;

export const nothing: Learned = { weights: {}, optimizer: {}, carried: {} };

const mapParts = (make: (part: keyof Learned) => Tensors): Learned => ({
  weights: make('weights'),
  optimizer: make('optimizer'),
  carried: make('carried'),
});

function initial({ trial, problem, update }: Lane): Learned {
  const weights = problem.init(stream(trial.seed, 'init'));
  return { weights, optimizer: update.init(weights), carried: problem.carried?.(trial.training.batchSize) ?? {} };
}

/** The checkpoint's tensors in the place of the initial ones; throws if it is of another network or optimizer. */
function restored({ tensors }: NetworkCheckpoint, start: Learned): Learned {
  const restore = (part: keyof Learned) =>
    mapTensors(start[part], (x, name) => {
      const saved = tensors[`${part}/${name}`];
      if (saved === undefined || saved.shape.join() !== x.shape.join()) {
        throw new Error(
          `the checkpoint does not fit the trial: ${part}/${name} is ${saved ? `[${saved.shape}]` : 'missing'}, not [${x.shape}]`,
        );
      }
      return tensor(Float32Array.from(saved.values), saved.shape, x.dtype);
    });
  return { weights: restore('weights'), optimizer: restore('optimizer'), carried: restore('carried') };
}

/** The lanes at step 0, or where their checkpoints left them. */
export function begun(
  lanes: readonly Lane[],
  resumes: readonly (NetworkCheckpoint | undefined)[],
  holding: Holding,
): Learned {
  let learned = nothing;
  tidy(() => {
    const each = lanes.map((lane, i) => {
      const start = initial(lane);
      const resume = resumes[i];
      return resume === undefined ? start : restored(resume, start);
    });
    const held = (part: keyof Learned, own: Tensors) => (part === 'carried' ? own : holding.hold(own));
    learned = mapParts((part) => together(each.map((own) => held(part, own[part]))));
    Object.values(learned).flatMap(listOf).forEach(keep);
  });
  return learned;
}

/** A lane's part of them, of `count` lanes, by name, as new tensors. */
export function namedOf(tensors: Learned, part: keyof Learned, lane: number, count: number, holding: Holding): Tensors {
  const own = laneOf(tensors[part], lane, count);
  return part === 'carried' ? own : holding.named(own);
}

/** Everything of a lane, of `count` lanes, on the host. */
export function savedOf(learned: Learned, lane: number, count: number, holding: Holding): SavedTensors {
  const saved: SavedTensors = {};
  tidy(() => {
    for (const part of parts) {
      for (const [name, x] of Object.entries(namedOf(learned, part, lane, count, holding)))
        saved[`${part}/${name}`] = laneCopy(x, 0, 1);
    }
  });
  return saved;
}

/** Of some lanes of `count`, in this order, as new tensors. */
export function keptOf(learned: Learned, kept: readonly number[], count: number): Learned {
  return mapParts((part) => {
    const each = kept.map((lane) => laneOf(learned[part], lane, count));
    const all = together(each);
    if (kept.length > 1) disposeAll(...each);
    return all;
  });
}
