/**
 * The tensors of trials that are trained side by side, as lanes of one program: a step of training, an evaluation, a
 * checkpoint. When these happen is trainPack()'s business. A trial alone is a pack of one, and gets the same bits.
 */
import { keep, scalar, tensor, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { CurvePoint, Metrics, Observation } from '../../core/results.ts';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { laneCopy, laneOf, laneValues, sameShapes, together } from '../../engine/lanes.ts';
import type { Named } from '../../engine/named.ts';
import { problemOf, updateOf, type Update } from '../../models/problem.ts';
import type { Programs } from './programs.ts';
import { stream } from '../../models/random.ts';
import { disposeAll, listOf, mapTensors } from '../../engine/tensors.ts';
import type { Moment, Problem, Tensors } from '../../models/types.ts';
import type { NetworkCheckpoint, SavedTensors } from './checkpoint.ts';

/**
 * Evaluations look at batches of the training's size, or of this one where that is smaller: single examples would be
 * slow.
 */
const EVALUATION_BATCH = 32;

export interface Learner {
  /** Of each lane's network. */
  parameters: number;
  /** Whether training steps run as a recorded graph. Known after the first. */
  readonly replayed: boolean;
  /**
   * A training step of every lane, each with a number of its own, counting from 1; undefined: nobody looks at that lane
   * any more. False where the loss is not finite.
   */
  advance(steps: LaneSteps): boolean[];
  /**
   * Means over `evaluationSize` fresh examples, for each lane that has trained the number of steps given; undefined if
   * one of them or of the weights is not finite.
   */
  evaluate(steps: LaneSteps, breathe: () => Promise<void>): Promise<(Metrics | undefined)[]>;
  /** A copy of everything of the lane that changes, on the host. */
  checkpoint(
    lane: number,
    step: number,
    curve: readonly CurvePoint[],
    observations: readonly Observation[],
  ): NetworkCheckpoint;
  /** What else there is to see of the lane at a point of the curve. */
  observe(lane: number, at: Moment): Observation[];
  /** Goes on with these lanes alone, in this order. */
  keep(lanes: readonly number[]): void;
  dispose(): void;
}

/** A number for each lane; undefined: that lane is not concerned. */
export type LaneSteps = readonly (number | undefined)[];

export interface LearnerLane {
  trial: NetworkTrial;
  resume?: NetworkCheckpoint | undefined;
}
export interface LearnerOptions {
  programs: Programs;
  corpus?: string | undefined;
}

/** What changes from step to step. */
type Learned = Record<'weights' | 'optimizer' | 'carried', Tensors>;
const parts = ['weights', 'optimizer', 'carried'] as const;

/** learningRate × factor^⌊steps done / every⌋, by multiplication: powers differ in their last bits between machines. */
export function rateAt({ learningRate, decay }: TrainingSpec, step: number): number {
  let rate = learningRate;
  if (decay !== undefined) for (let done = decay.every; done < step; done += decay.every) rate *= decay.factor;
  return rate;
}

function initial(trial: NetworkTrial, problem: Problem, update: Update): Learned {
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

const mapParts = (make: (part: keyof Learned) => Tensors): Learned => ({
  weights: make('weights'),
  optimizer: make('optimizer'),
  carried: make('carried'),
});

const mapNames = (values: Readonly<Record<string, unknown>>, make: (name: string) => Tensor): Tensors =>
  Object.fromEntries(Object.keys(values).map((name) => [name, make(name)]));

const allFinite = (values: ArrayLike<number>) => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
};

/** Seven digits are what 32-bit floats hold: 0.072, and not 0.07200000014901162. */
const rounded = (x: number) => Number(x.toPrecision(7));

interface StepInputs {
  before: readonly Tensors[];
  batches: readonly Tensors[];
  after: readonly Tensors[];
}

/**
 * Runs a step on all lanes: what comes before and after the batch is theirs together, and each has its own batch, which
 * is disposed of. Lanes whose batches differ in shape, as those of texts may at some steps, take the step one after the
 * other.
 */
function runLanes(step: Named, { before, batches, after }: StepInputs): Tensors[] {
  const count = batches.length;
  const owned = new Set<Tensor>(batches.flatMap(listOf));
  const own = <T extends Tensors>(tensors: T): T => {
    for (const x of Object.values(tensors)) owned.add(x);
    return tensors;
  };
  try {
    if (sameShapes(batches)) return step.runLanes(count, ...before, own(together(batches)), ...after);
    const alone = (group: Tensors, lane: number) => own(laneOf(group, lane, count));
    const results = batches.map((batch, lane) =>
      step
        .run(...before.map((group) => alone(group, lane)), batch, ...after.map((group) => alone(group, lane)))
        .map(own),
    );
    return (results[0] ?? []).map((_, i) => together(results.map((groups) => groups[i] as Tensors)));
  } finally {
    for (const x of owned) x.dispose();
  }
}

interface Lane {
  trial: NetworkTrial;
  problem: Problem;
  update: Update;
}

/** One number for each lane. */
const numbers = (values: readonly number[]): Tensor =>
  values.length === 1 ? scalar(values[0] as number) : tensor1d([...values]);

/**
 * The trials at step 0, or where their checkpoints left them. Throws a UserError for a trial that cannot be trained.
 */
export function learnerOf(trials: readonly LearnerLane[], { programs, corpus }: LearnerOptions): Learner {
  let lanes = trials.map(({ trial }): Lane => ({ trial, problem: problemOf(trial, corpus), update: updateOf(trial) }));
  const [example] = lanes;
  if (example === undefined) throw new Error('a pack has at least one lane');
  const {
    trial: { training },
    problem: { parameters },
  } = example;
  const program = programs.take(example.trial, example.problem, example.update);

  const nothing: Learned = { weights: {}, optimizer: {}, carried: {} };
  let learned = nothing;
  let constants: Tensors = {};
  function replace(next: Learned): void {
    disposeAll(...Object.values(learned));
    learned = next;
  }
  function set(next: Lane[], tensors: Learned): void {
    replace(tensors);
    lanes = next;
    disposeAll(constants);
    constants = mapNames(next[0]?.update.constants ?? {}, (name) =>
      numbers(next.map(({ update }) => update.constants[name] as number)),
    );
  }
  function dispose(): void {
    set([], nothing);
    programs.giveBack(program);
  }
  function begin(): Learned {
    const each = lanes.map(({ trial, problem, update }, lane) => {
      const start = initial(trial, problem, update);
      const resume = trials[lane]?.resume;
      return resume === undefined ? start : restored(resume, start);
    });
    return mapParts((part) => together(each.map((own) => held(part, own[part]))));
  }
  /** Weights and what the optimizer keeps of them are held as the program takes them. */
  const held = (part: keyof Learned, tensors: Tensors) => (part === 'carried' ? tensors : program.hold(tensors));
  /** A lane's part of them by name, as new tensors. */
  function named(part: keyof Learned, lane: number): Tensors {
    const own = laneOf(learned[part], lane, lanes.length);
    return part === 'carried' ? own : program.named(own);
  }

  try {
    let start = nothing;
    tidy(() => {
      start = begin();
      Object.values(start).flatMap(listOf).forEach(keep);
    });
    set(lanes, start);
  } catch (error) {
    dispose();
    throw error;
  }

  return {
    parameters,
    get replayed() {
      return program.train.replayed;
    },
    advance(steps) {
      const live = steps.findIndex((step) => step !== undefined);
      const stepOf = (lane: number): number => steps[lane] ?? (steps[live] as number);
      const drawn = lanes.map(({ trial, problem }, lane) =>
        steps[lane] === undefined
          ? undefined
          : problem.batch(stream(trial.seed, 'batch', stepOf(lane)), training.batchSize),
      );
      const own = {
        rate: numbers(lanes.map(({ trial }, lane) => rateAt(trial.training, stepOf(lane)))),
        step: numbers(lanes.map((_, lane) => stepOf(lane))),
      };
      const [weights = {}, optimizer = {}, carried = {}, { loss } = {}] = runLanes(program.train, {
        before: [learned.weights, learned.optimizer, learned.carried],
        batches: drawn.map((batch) => batch ?? (drawn[live] as Tensors)),
        after: [{ ...constants, ...own }],
      });
      const losses = [...(loss as Tensor).dataSync()];
      disposeAll(own, { loss: loss as Tensor });
      replace({ weights, optimizer, carried });
      return losses.map(Number.isFinite);
    },
    async evaluate(steps, breathe) {
      const count = lanes.length;
      const draws = lanes.map(({ trial }, lane) => {
        const step = steps[lane];
        return step === undefined ? undefined : stream(trial.seed, 'evaluate', step);
      });
      const live = draws.findIndex((own) => own !== undefined);
      const total = training.evaluationSize;
      const most = Math.max(training.batchSize, EVALUATION_BATCH);
      const sums = lanes.map((): Metrics => ({}));
      for (let done = 0; done < total; done += most) {
        const size = Math.min(most, total - done);
        const drawn = lanes.map(({ problem }, lane) => {
          const own = draws[lane];
          return own && (problem.evaluationBatch ?? problem.batch)(own, size);
        });
        const batches = drawn.map((batch) => batch ?? (drawn[live] as Tensors));
        const [means = {}] = runLanes(program.evaluate, {
          before: [learned.weights],
          batches,
          after: [learned.carried],
        });
        for (const [name, mean] of Object.entries(means)) {
          const values = mean.dataSync();
          sums.forEach((own, lane) => {
            own[name] = (own[name] ?? 0) + Number(values[lane]) * size;
          });
        }
        disposeAll(means);
        await breathe();
      }
      const sound = (lane: number) =>
        allFinite(Object.values(sums[lane] ?? {})) &&
        listOf(learned.weights).every((w) => allFinite(laneValues(w, lane, count)));
      return lanes.map((_, lane) =>
        steps[lane] === undefined || !sound(lane)
          ? undefined
          : Object.fromEntries(Object.entries(sums[lane] ?? {}).map(([name, sum]) => [name, rounded(sum / total)])),
      );
    },
    observe(lane, at) {
      const { problem, trial } = lanes[lane] as Lane;
      let seen: Omit<Observation, 'step'>[] = [];
      tidy(() => {
        if (problem.observe) seen = problem.observe(named('weights', lane), at, stream(trial.seed, 'observe', at.step));
      });
      return seen.map((observation) => ({ step: at.step, ...observation }));
    },
    checkpoint(lane, step, curve, observations) {
      const tensors: SavedTensors = {};
      tidy(() => {
        for (const part of parts)
          for (const [name, x] of Object.entries(named(part, lane))) tensors[`${part}/${name}`] = laneCopy(x, 0, 1);
      });
      return { step, tensors, curve: [...curve], observations: [...observations] };
    },
    keep(kept) {
      const count = lanes.length;
      const take = (tensors: Tensors) => {
        const each = kept.map((lane) => laneOf(tensors, lane, count));
        const all = together(each);
        if (kept.length > 1) disposeAll(...each);
        return all;
      };
      set(
        kept.map((lane) => lanes[lane] as Lane),
        mapParts((part) => take(learned[part])),
      );
    },
    dispose,
  };
}
