/**
 * The tensors of trials that are trained side by side, as lanes of one program: a step of training, an evaluation, a
 * checkpoint. When these happen is trainPack()'s business. A trial alone is a pack of one, and gets the same bits.
 */
import { scalar, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { CurvePoint, Metrics, Observation } from '../../core/results.ts';
import type { TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { disposeAll } from '../../engine/tensors.ts';
import { problemOf, updateOf } from '../../models/problem.ts';
import { stream } from '../../models/random.ts';
import type { Moment, Tensors } from '../../models/types.ts';
import type { NetworkCheckpoint } from './checkpoint.ts';
import { evaluateLanes } from './evaluation.ts';
import { begun, keptOf, namedOf, nothing, savedOf, type Lane, type Learned } from './learned.ts';
import type { Program, Programs } from './programs.ts';
import { filled, runLanes, type LaneSteps } from './run-lanes.ts';

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

export interface LearnerLane {
  trial: NetworkTrial;
  resume?: NetworkCheckpoint | undefined;
}
export interface LearnerOptions {
  programs: Programs;
  corpus?: string | undefined;
}

/** learningRate × factor^⌊steps done / every⌋, by multiplication: powers differ in their last bits between machines. */
export function rateAt({ learningRate, decay }: TrainingSpec, step: number): number {
  let rate = learningRate;
  if (decay !== undefined) for (let done = decay.every; done < step; done += decay.every) rate *= decay.factor;
  return rate;
}

/** One number for each lane. */
const numbers = (values: readonly number[]): Tensor =>
  values.length === 1 ? scalar(values[0] as number) : tensor1d([...values]);

/** The optimizers' constants by name, a number for each lane. */
function constantsOf(lanes: readonly Lane[]): Tensors {
  const names = Object.keys(lanes[0]?.update.constants ?? {});
  return Object.fromEntries(
    names.map((name) => [name, numbers(lanes.map(({ update }) => update.constants[name] as number))]),
  );
}

/**
 * The trials at step 0, or where their checkpoints left them. Throws a UserError for a trial that cannot be trained.
 */
export function learnerOf(trials: readonly LearnerLane[], { programs, corpus }: LearnerOptions): Learner {
  const lanes = trials.map(
    ({ trial }): Lane => ({ trial, problem: problemOf(trial, corpus), update: updateOf(trial) }),
  );
  const [example] = lanes;
  if (example === undefined) throw new Error('a pack has at least one lane');
  const learner = new PackLearner(example, programs);
  try {
    learner.begin(
      lanes,
      trials.map(({ resume }) => resume),
    );
  } catch (error) {
    learner.dispose();
    throw error;
  }
  return learner;
}

class PackLearner implements Learner {
  readonly parameters: number;
  private readonly training: TrainingSpec;
  private readonly programs: Programs;
  private readonly program: Program;
  private lanes: readonly Lane[] = [];
  private learned: Learned = nothing;
  private constants: Tensors = {};

  /** Of any of its lanes: what is read of it here is the same in all of them. */
  constructor({ trial, problem, update }: Lane, programs: Programs) {
    this.parameters = problem.parameters;
    this.training = trial.training;
    this.programs = programs;
    this.program = programs.take(trial, problem, update);
  }

  begin(lanes: readonly Lane[], resumes: readonly (NetworkCheckpoint | undefined)[]): void {
    this.set(lanes, begun(lanes, resumes, this.program));
  }

  get replayed(): boolean {
    return this.program.train.replayed;
  }

  advance(steps: LaneSteps): boolean[] {
    const live = steps.find((step) => step !== undefined) as number;
    const each = this.lanes.map((_, lane) => steps[lane] ?? live);
    const drawn = this.lanes.map(({ trial, problem }, lane) => {
      const step = steps[lane];
      return step === undefined ? undefined : problem.batch(stream(trial.seed, 'batch', step), this.training.batchSize);
    });
    const own = {
      rate: numbers(this.lanes.map(({ trial }, lane) => rateAt(trial.training, each[lane] as number))),
      step: numbers(each),
    };
    const [weights = {}, optimizer = {}, carried = {}, { loss } = {}] = runLanes(this.program.train, {
      before: [this.learned.weights, this.learned.optimizer, this.learned.carried],
      batches: filled(drawn),
      after: [{ ...this.constants, ...own }],
    });
    const losses = [...(loss as Tensor).dataSync()];
    disposeAll(own, { loss: loss as Tensor });
    this.replace({ weights, optimizer, carried });
    return losses.map(Number.isFinite);
  }

  evaluate(steps: LaneSteps, breathe: () => Promise<void>): Promise<(Metrics | undefined)[]> {
    const { lanes, learned, training, program } = this;
    return evaluateLanes({ lanes, learned, training, evaluate: program.evaluate }, steps, breathe);
  }

  observe(lane: number, at: Moment): Observation[] {
    const { problem, trial } = this.lanes[lane] as Lane;
    let seen: Omit<Observation, 'step'>[] = [];
    tidy(() => {
      if (!problem.observe) return;
      const weights = namedOf(this.learned, 'weights', lane, this.lanes.length, this.program);
      seen = problem.observe(weights, at, stream(trial.seed, 'observe', at.step));
    });
    return seen.map((observation) => ({ step: at.step, ...observation }));
  }

  checkpoint(
    lane: number,
    step: number,
    curve: readonly CurvePoint[],
    observations: readonly Observation[],
  ): NetworkCheckpoint {
    const tensors = savedOf(this.learned, lane, this.lanes.length, this.program);
    return { step, tensors, curve: [...curve], observations: [...observations] };
  }

  keep(kept: readonly number[]): void {
    const lanes = kept.map((lane) => this.lanes[lane] as Lane);
    this.set(lanes, keptOf(this.learned, kept, this.lanes.length));
  }

  dispose(): void {
    this.set([], nothing);
    this.programs.giveBack(this.program);
  }

  private set(lanes: readonly Lane[], learned: Learned): void {
    this.replace(learned);
    this.lanes = lanes;
    disposeAll(this.constants);
    this.constants = constantsOf(lanes);
  }

  private replace(learned: Learned): void {
    disposeAll(...Object.values(this.learned));
    this.learned = learned;
  }
}
