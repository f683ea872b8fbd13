/**
 * The training loop. It knows neither cell nor task nor optimizer, touches no disk, and is deterministic: a trial gives
 * the same numbers whether it ran in one go or was stopped and resumed at any step.
 */
import type { CurvePoint, Metrics, Observation } from '../../core/results.ts';
import type { StopRule, TrainingSpec, NetworkTrial } from '../../core/spec.ts';
import { breather } from './breather.ts';
import type { Compile } from '../../engine/replay/types.ts';
import { learnerOf } from './learner.ts';
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

/**
 * Trains trials of one program (core/shapes.ts, programKey) side by side, each from and to a step of its own, and
 * yields what train() would yield and return for each, bit for bit; the end of each lane exactly once. One that has
 * ended or diverged leaves the others undisturbed.
 */
export async function* trainPack(
  pack: readonly PackLane[],
  options: PackOptions = {},
): AsyncGenerator<PackEvent, void, void> {
  const {
    compile = eager,
    programs = programsOnce(compile),
    toStep = Infinity,
    signal,
    onStep,
    onTurn,
    corpus,
  } = options;
  const breathe = breather(onTurn);
  const learner = learnerOf(pack, { programs, corpus });
  const all = pack.map(
    ({ trial, resume }, lane): LaneProgress => ({
      lane,
      trial,
      step: resume?.step ?? 0,
      curve: [...(resume?.curve ?? [])],
      observations: [...(resume?.observations ?? [])],
      ended: false,
    }),
  );
  /** Those that the learner has, in its order: some may have ended. */
  let places = all;

  const evaluated = ({ curve, step }: LaneProgress) => curve.at(-1)?.step === step;
  const isDue = (own: LaneProgress) => !own.ended && evaluatesAt(own.trial.training, own.step) && !evaluated(own);
  const isDone = ({ trial: { training }, step, curve }: LaneProgress) =>
    step >= training.maxSteps || stops(curve, training.stopWhen);
  const stepsOf = (holds: (own: LaneProgress) => boolean) => places.map((own) => (holds(own) ? own.step : undefined));
  const checkpoint = (own: LaneProgress) =>
    learner.checkpoint(places.indexOf(own), own.step, own.curve, own.observations);
  const report = (
    own: LaneProgress,
    metrics: Metrics,
    observations: readonly Observation[],
    here = own.step,
  ): PackEvent => ({
    lane: own.lane,
    report: {
      step: here,
      metrics,
      observations,
      checkpoint() {
        if (own.step !== here || own.ended)
          throw new Error(`the checkpoint of step ${here} was asked for at step ${own.step}`);
        return checkpoint(own);
      },
    },
  });
  function end(own: LaneProgress, status: Trained['status'], metrics = own.curve.at(-1)?.metrics ?? {}): PackEvent {
    own.ended = true;
    const { step: steps, curve } = own;
    return {
      lane: own.lane,
      end: {
        status,
        steps,
        metrics,
        curve,
        parameters: learner.parameters,
        replayed: learner.replayed,
        checkpoint: checkpoint(own),
      },
    };
  }
  const going = () => places.filter(({ ended }) => !ended);

  try {
    for (;;) {
      if (places.some(isDue)) {
        const due = places.filter(isDue);
        const found = await learner.evaluate(stepsOf(isDue), breathe);
        for (const own of due) {
          const metrics = found[places.indexOf(own)];
          if (metrics === undefined) {
            yield end(own, 'diverged');
            continue;
          }
          own.curve.push({ step: own.step, metrics });
          const moment = { step: own.step, first: own.step === 0, last: isDone(own) };
          const observations = learner.observe(places.indexOf(own), moment);
          own.observations.push(...observations);
          yield report(own, metrics, observations);
        }
      }
      for (const own of going().filter(isDone)) yield end(own, 'completed');
      const isThere = (own: LaneProgress) => !own.ended && own.step >= toStep;
      const there = places.filter(isThere);
      if (there.length > 0) {
        const found = there.every(evaluated)
          ? []
          : await learner.evaluate(
              stepsOf((own) => isThere(own) && !evaluated(own)),
              breathe,
            );
        for (const own of there)
          yield end(own, 'paused', evaluated(own) ? undefined : (found[places.indexOf(own)] ?? {}));
      }
      if (signal?.aborted) for (const own of going()) yield end(own, 'paused');
      const left = going();
      if (left.length === 0) return;
      if (left.length <= places.length * REPACK) {
        learner.keep(left.map((own) => places.indexOf(own)));
        places = left;
      }
      await breathe();
      for (const own of left) own.step += 1;
      const finite = learner.advance(stepsOf(({ ended }) => !ended));
      for (const own of left) if (!finite[places.indexOf(own)]) yield end(own, 'diverged');
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
