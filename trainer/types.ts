/** A kind of trainer: what trains the lanes of a job. What has become of them is the lane book's (lane-book.ts). */
import type { Checkpoint, CurvePoint, Metrics, Origin, TrialSamples } from '../core/results.ts';
import type { SamplingSpec, TrialSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';

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

/** A trial of a pack. */
export interface PackLane {
  trial: TrialSpec;
  /** Where to go on from; left out: from the start. */
  resume?: Checkpoint | undefined;
}

/** An evaluation of one lane, or its end. */
export type PackEvent = { lane: number; report: Report } | { lane: number; end: Trained };

/** Where the sweep's texts are. */
export interface RunFolder {
  store: Store;
  sweepId: string;
}

export interface KindTrainOptions {
  folder: RunFolder;
  /** Pause after this step, if training has not ended before. */
  toStep: number;
  /** Pause between two steps once this is aborted. */
  signal: AbortSignal;
  /** The lanes that go on after a step, and the step each has reached. */
  onStep(steps: ReadonlyMap<number, number>): void;
  /** Called while it goes on: often enough for a heartbeat. */
  onTurn(): void;
}

export interface Kind {
  /** What its results depend on beside the trial. */
  origin: Origin;
  /** Which lanes are trained side by side. */
  packsOf<T extends { trial: TrialSpec }>(lanes: readonly T[]): T[][];
  /**
   * What the trial would have been at the checkpoint's step, which is a shorter one's, had it been this one from the
   * start; undefined if it would have ended before.
   */
  seedOf(trial: TrialSpec, shorter: Checkpoint): Checkpoint | undefined;
  /** Rejects if it cannot begin; what goes wrong in the events is of computing (failures.ts). Each lane ends once. */
  train(pack: readonly PackLane[], options: KindTrainOptions): Promise<AsyncIterable<PackEvent>>;
  /** Lets what was trained write. */
  sample(
    trial: TrialSpec,
    model: Checkpoint,
    sampling: SamplingSpec,
    options: Pick<KindTrainOptions, 'folder' | 'onTurn'>,
  ): Promise<TrialSamples>;
}
