/** One trial's tensors: a step of training, an evaluation, a checkpoint. When these happen is train()'s business. */
import { scalar, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { CurvePoint, Metrics, Observation } from '../core/results.ts';
import type { TrainingSpec, TrialSpec } from '../core/spec.ts';
import { problemOf, updateOf, type Update } from './problem.ts';
import type { Programs } from './programs.ts';
import { stream } from './random.ts';
import { disposeAll, listOf, mapTensors } from './tensors.ts';
import type { Checkpoint, Moment, Problem, Tensors } from './types.ts';

/** Evaluations look at batches of the training's size, or of this one where that is smaller: single examples would be slow. */
const EVALUATION_BATCH = 32;

export interface Learner {
  parameters: number;
  /** Whether training steps run as a recorded graph. Known after the first. */
  readonly replayed: boolean;
  /** Training step number `step`, counting from 1; false if its loss is not finite. */
  advance(step: number): boolean;
  /** Means over `evaluationSize` fresh examples, after `step` steps; undefined if one of them or of the weights is not finite. */
  evaluate(step: number, breathe: () => Promise<void>): Promise<Metrics | undefined>;
  /** A copy of everything that changes, on the host. */
  checkpoint(step: number, curve: readonly CurvePoint[], observations: readonly Observation[]): Checkpoint;
  /** What else there is to see at a point of the curve. */
  observe(at: Moment): Observation[];
  dispose(): void;
}

export interface LearnerOptions { programs: Programs; resume?: Checkpoint | undefined; corpus?: string | undefined }

/** What changes from step to step. */
type Learned = Record<'weights' | 'optimizer' | 'carried', Tensors>;
const parts = ['weights', 'optimizer', 'carried'] as const;

/** learningRate × factor^⌊steps done / every⌋, by multiplication: powers differ in their last bits between machines. */
export function rateAt({ learningRate, decay }: TrainingSpec, step: number): number {
  let rate = learningRate;
  if (decay !== undefined) for (let done = decay.every; done < step; done += decay.every) rate *= decay.factor;
  return rate;
}

function initial(trial: TrialSpec, problem: Problem, update: Update): Learned {
  return tidy(() => {
    const weights = problem.init(stream(trial.seed, 'init'));
    return { weights, optimizer: update.init(weights), carried: problem.carried?.(trial.training.batchSize) ?? {} };
  });
}

/** The checkpoint's tensors in the place of the initial ones; throws if it is of another network or optimizer. */
function restored({ tensors }: Checkpoint, start: Learned): Learned {
  const restore = (part: keyof Learned) => mapTensors(start[part], (x, name) => {
    const saved = tensors[`${part}/${name}`];
    if (saved === undefined || saved.shape.join() !== x.shape.join()) {
      throw new Error(`the checkpoint does not fit the trial: ${part}/${name} is ${saved ? `[${saved.shape}]` : 'missing'}, not [${x.shape}]`);
    }
    return tensor(Float32Array.from(saved.values), saved.shape, x.dtype);
  });
  return tidy(() => ({ weights: restore('weights'), optimizer: restore('optimizer'), carried: restore('carried') }));
}

const allFinite = (values: Iterable<number>) => {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
};

/** Seven digits are what 32-bit floats hold: 0.072, and not 0.07200000014901162. */
const rounded = (x: number) => Number(x.toPrecision(7));

/** The trial at step 0, or where the checkpoint left it. Throws a UserError for a trial that cannot be trained. */
export function learnerOf(trial: TrialSpec, { programs, resume, corpus }: LearnerOptions): Learner {
  const { training, seed } = trial;
  const problem = problemOf(trial, corpus);
  const update = updateOf(trial);
  const program = programs.take(trial, problem, update);

  let learned = initial(trial, problem, update);
  function replace(next: Learned): void {
    disposeAll(...Object.values(learned));
    learned = next;
  }
  const dispose = () => {
    replace({ weights: {}, optimizer: {}, carried: {} });
    programs.giveBack(program);
  };
  if (resume !== undefined) {
    try {
      replace(restored(resume, learned));
    } catch (error) {
      dispose();
      throw error;
    }
  }

  return {
    parameters: problem.parameters,
    get replayed() { return program.train.replayed; },
    advance(step) {
      const batch = problem.batch(stream(seed, 'batch', step), training.batchSize);
      const numbers = { rate: scalar(rateAt(training, step)), step: scalar(step) };
      const [weights = {}, optimizer = {}, carried = {}, { loss } = {}] =
        program.train.run(learned.weights, learned.optimizer, learned.carried, batch, numbers);
      const value = Number(loss?.dataSync()[0]);
      disposeAll(batch, numbers, { loss: loss as Tensor });
      replace({ weights, optimizer, carried });
      return Number.isFinite(value);
    },
    async evaluate(step, breathe) {
      const draws = stream(seed, 'evaluate', step);
      const total = training.evaluationSize;
      const most = Math.max(training.batchSize, EVALUATION_BATCH);
      const sums: Record<string, number> = {};
      for (let done = 0; done < total; done += most) {
        const size = Math.min(most, total - done);
        const batch = (problem.evaluationBatch ?? problem.batch)(draws, size);
        const [means = {}] = program.evaluate.run(learned.weights, batch, learned.carried);
        for (const [name, mean] of Object.entries(means)) sums[name] = (sums[name] ?? 0) + Number(mean.dataSync()[0]) * size;
        disposeAll(batch, means);
        await breathe();
      }
      const finite = allFinite(Object.values(sums)) && listOf(learned.weights).every((w) => allFinite(w.dataSync()));
      return finite ? Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, rounded(sum / total)])) : undefined;
    },
    observe(at) {
      let seen: Omit<Observation, 'step'>[] = [];
      tidy(() => { seen = problem.observe?.(learned.weights, at, stream(seed, 'observe', at.step)) ?? []; });
      return seen.map((observation) => ({ step: at.step, ...observation }));
    },
    checkpoint(step, curve, observations) {
      const tensors: Checkpoint['tensors'] = {};
      for (const part of parts) {
        for (const [name, x] of Object.entries(learned[part])) {
          tensors[`${part}/${name}`] = { shape: [...x.shape], values: Float32Array.from(x.dataSync()) };
        }
      }
      return { step, tensors, curve: [...curve], observations: [...observations] };
    },
    dispose,
  };
}
