/**
 * The training loop. It knows neither cell nor task nor optimizer, touches no disk, and is deterministic: a trial gives the
 * same numbers whether it ran in one go or was stopped and resumed at any step.
 */
import { setImmediate } from 'node:timers/promises';
import type { CurvePoint, Metrics, Observation } from '../core/results.ts';
import type { StopRule, TrainingSpec, TrialSpec } from '../core/spec.ts';
import type { Compile } from './graph/types.ts';
import { learnerOf } from './learner.ts';
import { eager } from './graph/eager.ts';
import { programsOnce, type Programs } from './programs.ts';
import type { Checkpoint } from './types.ts';

export interface TrainOptions {
  /** How a step is made fast; left out: operation by operation. */
  compile?: Compile;
  /** Where the compiled steps come from and go to, to be used again by the next trial; left out: made by `compile`, for this trial. */
  programs?: Programs;
  /** Where to go on from; left out: from the initial weights. */
  resume?: Checkpoint;
  /** Pause after this step, if training has not ended before; left out: train to the end. */
  toStep?: number;
  /** Pause between two steps once this is aborted. */
  signal?: AbortSignal;
  onStep?: (step: number) => void;
  /** The text that the task's option `corpus` names. */
  corpus?: string | undefined;
}

/** An evaluation. */
export interface Report {
  step: number;
  metrics: Metrics;
  /** Everything needed to go on from here. To be called before training goes on. */
  checkpoint(): Checkpoint;
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
  checkpoint: Checkpoint;
}

/** Milliseconds of work after which the event loop gets its turn: heartbeats and cancellation wait no longer. */
const BREATH = 50;

/** Whether the rule holds at the last `evaluations` points in a row. */
export function stops(curve: readonly CurvePoint[], rule: StopRule | undefined): boolean {
  if (rule === undefined || curve.length < rule.evaluations) return false;
  const { metric, atLeast = -Infinity, atMost = Infinity } = rule;
  return curve.slice(-rule.evaluations).every(({ metrics: { [metric]: value = NaN } }) => value >= atLeast && value <= atMost);
}

/** Whether the curve has a point at this step: every evaluateEvery steps from 0 on, and at the end. */
export function evaluatesAt({ evaluateEvery, maxSteps }: TrainingSpec, step: number): boolean {
  return step % evaluateEvery === 0 || step === maxSteps;
}

/** Gives the event loop its turn, if work has gone on for long enough. */
function breather(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < BREATH) return;
    await setImmediate();
    since = performance.now();
  };
}

/**
 * Trains the trial, and yields a report at every evaluation: at step 0, every `evaluateEvery` steps, and at the last one.
 * The stopping rule looks at those alone, so that pausing elsewhere changes nothing.
 */
export async function* train(trial: TrialSpec, options: TrainOptions = {}): AsyncGenerator<Report, Trained, void> {
  const { compile = eager, programs = programsOnce(compile), resume, toStep = Infinity, signal, onStep, corpus } = options;
  const { training } = trial;
  const breathe = breather();
  const learner = learnerOf(trial, { programs, resume, corpus });
  const curve: CurvePoint[] = [...(resume?.curve ?? [])];
  const observations: Observation[] = [...(resume?.observations ?? [])];
  let step = resume?.step ?? 0;

  const evaluated = () => curve.at(-1)?.step === step;
  const ended = () => step >= training.maxSteps || stops(curve, training.stopWhen);
  const checkpoint = () => learner.checkpoint(step, curve, observations);
  const report = (metrics: Metrics, here = step): Report => ({
    step, metrics,
    checkpoint() {
      if (step !== here) throw new Error(`the checkpoint of step ${here} was asked for at step ${step}`);
      return checkpoint();
    },
  });
  const end = (status: Trained['status'], metrics = curve.at(-1)?.metrics ?? {}): Trained => ({
    status, steps: step, metrics, curve, parameters: learner.parameters, replayed: learner.replayed, checkpoint: checkpoint(),
  });

  try {
    for (;;) {
      if (evaluatesAt(training, step) && !evaluated()) {
        const metrics = await learner.evaluate(step, breathe);
        if (metrics === undefined) return end('diverged');
        curve.push({ step, metrics });
        observations.push(...learner.observe({ step, first: step === 0, last: ended() }));
        yield report(metrics);
      }
      if (ended()) return end('completed');
      if (step >= toStep) return end('paused', evaluated() ? undefined : await learner.evaluate(step, breathe) ?? {});
      if (signal?.aborted) return end('paused');
      await breathe();
      step += 1;
      if (!learner.advance(step)) return end('diverged');
      onStep?.(step);
    }
  } finally {
    learner.dispose();
  }
}
