/**
 * The training loop. It knows neither cell nor task nor optimizer, touches no disk, and is deterministic: a trial gives
 * the same numbers whether it ran in one go or was stopped and resumed at any step.
 */
import type { CurvePoint, Metrics, Observation } from '../../core/results.ts';
import type { StopRule, TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { breather } from './breather.ts';
import type { Compile } from '../../engine/replay/types.ts';
import { learnerOf, type Learner } from './learner.ts';
import { eager } from '../../engine/replay/eager.ts';
import { programsOnce, type Programs } from './programs.ts';
import type { NetworkCheckpoint } from './checkpoint.ts';

/** A trial of a pack. */
export interface PackLane {
  trial: NetworkTrial;
  /** Where to go on from; left out: from the initial weights. */
  resume?: NetworkCheckpoint | undefined;
}

/** An evaluation. */
export interface Report {
  step: number;
  metrics: Metrics;
  /** What else was seen at this step. */
  observations: readonly Observation[];
  /** Everything needed to go on from here. To be called before training goes on. */
  checkpoint(): NetworkCheckpoint;
}

export interface Trained {
  /** 'paused': at toStep or by the signal, and neither ended nor diverged. */
  status: 'completed' | 'diverged' | 'paused';
  /** Steps trained; if diverged, the step whose loss, metrics or weights are not finite. */
  steps: number;
  /** Of the last evaluation that was finite; of toStep's own if paused there. Empty if there is none. */
  metrics: Metrics;
  parameters: number;
  curve: CurvePoint[];
  /** Whether steps ran as a recorded graph. */
  replayed: boolean;
  checkpoint: NetworkCheckpoint;
}

/** An evaluation of one lane, or its end. */
export type PackEvent = { lane: number; report: Report } | { lane: number; end: Trained };

export interface TrainOptions {
  /** How a step is made fast; left out: operation by operation. */
  compile?: Compile;
  /**
   * Where the compiled steps come from and go to, to be used again by the next trial; left out: made by `compile`, for
   * this trial.
   */
  programs?: Programs;
  /** Where to go on from; left out: from the initial weights. */
  resume?: NetworkCheckpoint;
  /** Pause after this step, if training has not ended before; left out: train to the end. */
  toStep?: number;
  /** Pause between two steps once this is aborted. */
  signal?: AbortSignal;
  onStep?: (step: number) => void;
  /**
   * Called while it goes on: with each step, and each batch of an evaluation, which may take longer than many steps.
   */
  onTurn?: () => void;
  /** The text that the task's option `corpus` names. */
  corpus?: string | undefined;
}

/** Whether the rule holds at the last `evaluations` points in a row. */
export function stops(curve: readonly CurvePoint[], rule: StopRule | undefined): boolean {
  if (rule === undefined || curve.length < rule.evaluations) return false;
  const { metric, atLeast = -Infinity, atMost = Infinity } = rule;
  return curve
    .slice(-rule.evaluations)
    .every(({ metrics: { [metric]: value = NaN } }) => value >= atLeast && value <= atMost);
}

/** Whether the curve has a point at this step: every evaluateEvery steps from 0 on, and at the end. */
export function evaluatesAt({ evaluateEvery, maxSteps }: TrainingSpec, step: number): boolean {
  return step % evaluateEvery === 0 || step === maxSteps;
}

export interface PackOptions extends Omit<TrainOptions, 'resume' | 'onStep'> {
  /** The lanes that go on after a step, and the step each has reached. */
  onStep?: (steps: ReadonlyMap<number, number>) => void;
}

/**
 * A lane goes on without those that have ended once they are this share of the pack: a smaller one must be recorded
 * first.
 */
const REPACK = 1 / 2;

/** What a lane has behind it. */
interface LaneProgress {
  lane: number;
  trial: NetworkTrial;
  step: number;
  curve: CurvePoint[];
  observations: Observation[];
  ended: boolean;
}

const progressOf = ({ trial, resume }: PackLane, lane: number): LaneProgress => ({
  lane,
  trial,
  step: resume?.step ?? 0,
  curve: [...(resume?.curve ?? [])],
  observations: [...(resume?.observations ?? [])],
  ended: false,
});

/** A pack that is being trained. */
interface Pack {
  learner: Learner;
  /** The lanes that the learner has, in its order: some may have ended. */
  places: LaneProgress[];
  breathe(this: void): Promise<void>;
}

const isEvaluated = ({ curve, step }: LaneProgress): boolean => curve.at(-1)?.step === step;
const isDue = (own: LaneProgress): boolean =>
  !own.ended && evaluatesAt(own.trial.training, own.step) && !isEvaluated(own);
const isDone = ({ trial: { training }, step, curve }: LaneProgress): boolean =>
  step >= training.maxSteps || stops(curve, training.stopWhen);
const isGoing = ({ ended }: LaneProgress): boolean => !ended;

/** For the learner: the steps of the lanes of which this is true. */
const stepsOf = ({ places }: Pack, holds: (own: LaneProgress) => boolean) =>
  places.map((own) => (holds(own) ? own.step : undefined));

const checkpointOf = ({ learner, places }: Pack, own: LaneProgress): NetworkCheckpoint =>
  learner.checkpoint(places.indexOf(own), own.step, own.curve, own.observations);

function reportOf(pack: Pack, own: LaneProgress, seen: Pick<Report, 'metrics' | 'observations'>): PackEvent {
  const { step, lane } = own;
  function checkpoint(): NetworkCheckpoint {
    if (own.step !== step || own.ended)
      throw new Error(`the checkpoint of step ${step} was asked for at step ${own.step}`);
    return checkpointOf(pack, own);
  }
  return { lane, report: { step, ...seen, checkpoint } };
}

function endOf(
  pack: Pack,
  own: LaneProgress,
  status: Trained['status'],
  metrics = own.curve.at(-1)?.metrics ?? {},
): PackEvent {
  own.ended = true;
  const { lane, step: steps, curve } = own;
  const { parameters, replayed } = pack.learner;
  return { lane, end: { status, steps, metrics, curve, parameters, replayed, checkpoint: checkpointOf(pack, own) } };
}

/** A point of the curve for every lane that is to have one at its step; one that is not finite has diverged. */
async function* evaluateDue(pack: Pack): AsyncGenerator<PackEvent, void, void> {
  const { learner, places, breathe } = pack;
  const due = places.filter(isDue);
  const found = await learner.evaluate(stepsOf(pack, isDue), breathe);
  for (const own of due) {
    const place = places.indexOf(own);
    const metrics = found[place];
    if (metrics === undefined) {
      yield endOf(pack, own, 'diverged');
      continue;
    }
    own.curve.push({ step: own.step, metrics });
    const observations = learner.observe(place, { step: own.step, first: own.step === 0, last: isDone(own) });
    own.observations.push(...observations);
    yield reportOf(pack, own, { metrics, observations });
  }
}

/** Pauses the lanes that have come to the step, with its metrics: of the curve, or else looked at for that alone. */
async function* pauseAt(pack: Pack, toStep: number): AsyncGenerator<PackEvent, void, void> {
  const isThere = (own: LaneProgress) => isGoing(own) && own.step >= toStep;
  const there = pack.places.filter(isThere);
  const found = there.every(isEvaluated)
    ? []
    : await pack.learner.evaluate(
        stepsOf(pack, (own) => isThere(own) && !isEvaluated(own)),
        pack.breathe,
      );
  for (const own of there)
    yield endOf(pack, own, 'paused', isEvaluated(own) ? undefined : (found[pack.places.indexOf(own)] ?? {}));
}

/** Goes on without lanes that have ended, once that is worth it. */
function repack(pack: Pack): void {
  const { learner, places } = pack;
  const left = places.filter(isGoing);
  if (left.length > places.length * REPACK) return;
  learner.keep(left.map((own) => places.indexOf(own)));
  pack.places = left;
}

/** A step of every lane that goes on; those whose loss is then not finite. */
function advance(pack: Pack): LaneProgress[] {
  const left = pack.places.filter(isGoing);
  for (const own of left) own.step += 1;
  const finite = pack.learner.advance(stepsOf(pack, isGoing));
  return left.filter((own) => !finite[pack.places.indexOf(own)]);
}

/**
 * Trains trials of one program (core/shapes.ts, programKey) side by side, each from and to a step of its own, and
 * yields what train() would yield and return for each, bit for bit; the end of each lane exactly once. One that has
 * ended or diverged leaves the others undisturbed.
 */
export async function* trainPack(
  lanes: readonly PackLane[],
  options: PackOptions = {},
): AsyncGenerator<PackEvent, void, void> {
  const { compile = eager, programs = programsOnce(compile), toStep = Infinity, signal, onStep, corpus } = options;
  const breathe = breather(options.onTurn);
  const learner = learnerOf(lanes, { programs, corpus });
  const pack: Pack = { learner, breathe, places: lanes.map(progressOf) };
  const going = () => pack.places.filter(isGoing);
  try {
    for (;;) {
      if (pack.places.some(isDue)) yield* evaluateDue(pack);
      for (const own of going().filter(isDone)) yield endOf(pack, own, 'completed');
      if (going().some(({ step }) => step >= toStep)) yield* pauseAt(pack, toStep);
      if (signal?.aborted) for (const own of going()) yield endOf(pack, own, 'paused');
      if (going().length === 0) return;
      repack(pack);
      await breathe();
      for (const own of advance(pack)) yield endOf(pack, own, 'diverged');
      const steps = new Map(going().map(({ lane, step }) => [lane, step]));
      if (steps.size > 0) onStep?.(steps);
    }
  } finally {
    learner.dispose();
  }
}

/**
 * Trains the trial, and yields a report at every evaluation: at step 0, every `evaluateEvery` steps, and at the last
 * one. The stopping rule looks at those alone, so that pausing elsewhere changes nothing. It is a pack of one.
 */
export async function* train(
  trial: NetworkTrial,
  { resume, onStep, ...options }: TrainOptions = {},
): AsyncGenerator<Report, Trained, void> {
  const steps = onStep && { onStep: (reached: ReadonlyMap<number, number>) => onStep(reached.get(0) as number) };
  for await (const event of trainPack([{ trial, resume }], { ...options, ...steps })) {
    if ('end' in event) return event.end;
    yield event.report;
  }
  throw new Error('training ended without an end');
}
