/**
 * A kind of trainer: what trains the lanes of a job. What becomes of them is the lane book's (lane-book.ts): a trainer
 * says what it has seen, and hands over bytes that it can go on from.
 */
import type {
  Checkpoint,
  Lane,
  Metrics,
  Observation,
  Origin,
  Resumable,
  RungRecord,
  TrainerState,
  TrialSamples,
} from '../core/results.ts';
import type { SamplingSpec, TrialSpec } from '../core/spec.ts';
import type { Store } from '../store/index.ts';

/** Where the sweep's texts and files are. */
export interface RunFolder {
  store: Store;
  sweepId: string;
}

/** A trial that is to be trained, and where from. */
export interface TrainerLane extends Pick<Lane, 'trialId' | 'label' | 'trial'> {
  /** Left out: from the start. */
  resume?: Resumable | undefined;
}

/** An evaluation. Steps of a lane's reports grow, from beyond the one that it goes on from. */
export interface Report {
  step: number;
  /** Finite; a lane of any other value has diverged. */
  metrics: Metrics;
  observations?: readonly Observation[];
}

/** A step that the lane can be gone on from. */
export interface SavedStep {
  step: number;
  state: TrainerState;
}

/** A step that the lane could be gone on from, while it trains. */
export interface SavableStep {
  step: number;
  /** To be called before the next event is asked for, or not at all: it takes time. */
  state(): TrainerState | Promise<TrainerState>;
}

export interface LaneEnd {
  /** 'paused': at toStep or by the signal, and neither ended nor diverged. */
  status: 'completed' | 'diverged' | 'paused';
  /** Steps trained; if diverged, the step whose loss, metrics or weights are not finite. */
  steps: number;
  /** Of the last evaluation that was finite; of toStep's own if paused there. Empty if there is none. */
  metrics: Metrics;
  /** The last step that the lane can be gone on from, of `steps` or before; left out: there is none. */
  saved?: SavedStep | undefined;
  /** Trainable numbers; left out: nobody has counted them. */
  parameters?: number;
  /** Whether steps ran as a recorded graph; left out: as the origin says. */
  replayed?: boolean;
}

/** What has become of one lane, by its place in the pack. Each ends once, and says nothing after its end. */
export type LaneEvent =
  | { lane: number; report: Report }
  | { lane: number; savable: SavableStep }
  | { lane: number; end: LaneEnd };

export interface TrainOptions {
  folder: RunFolder;
  /** Names this try: nobody else has it. */
  attempt: string;
  /** Pause after this step, if training has not ended before. */
  toStep: number;
  /** Pause, between two steps, once this is aborted. */
  signal: AbortSignal;
  /** The lanes that go on after a step, and the step each has reached. A report says so too. */
  onStep(steps: ReadonlyMap<number, number>): void;
  /** Called while it goes on: often enough for a heartbeat. */
  onTurn(): void;
}

export interface PackSizeOptions {
  folder: RunFolder;
  /** So many trials at most as lanes of one pack. */
  most: number;
  /** So many steps, all trials together. */
  steps: number;
  /** Called while it goes on: often enough for a heartbeat. */
  onTurn(): void;
  /** Aborted: rejects. */
  signal: AbortSignal;
}

/** A kind of trainer in a process of its own, ready to train. */
export interface Trainer {
  /** What the trial's results depend on beside the trial. */
  origin(trial: TrialSpec): Origin;
  /** Rejects if it cannot begin; what goes wrong in the events is of computing (failures.ts). */
  train(pack: readonly TrainerLane[], options: TrainOptions): Promise<AsyncIterable<LaneEvent>>;
  /**
   * What the trial would have been at the step of a shorter one's checkpoint, had it been this one from the start;
   * undefined if it would have ended before. Left out: a trial of an extended sweep begins anew.
   */
  seedOf?(trial: TrialSpec, shorter: Resumable): Resumable | undefined;
  /** Lets what was trained write; left out: it cannot. */
  sample?(
    trial: TrialSpec,
    model: Checkpoint,
    sampling: SamplingSpec,
    options: Pick<TrainOptions, 'folder' | 'onTurn'>,
  ): Promise<TrialSamples>;
  /** How many trials of the example's program are best trained side by side here; left out: one. */
  packSize?(example: TrialSpec, options: PackSizeOptions): Promise<number>;
}

/** What a trainer process was given. */
export interface TrainerProcess {
  /** What networks are to be trained with, as JSON (engine/backends/types.ts). */
  backend: string;
  /** Where this machine keeps the sizes of packs that were measured; left out: nowhere. */
  packSizes?: string | undefined;
  debug(line: string): void;
}

/** What everybody knows of a kind without loading it. */
export interface TrainerKind {
  /** What the trial's results depend on beside the trial, where networks are trained by `backend`. */
  origin(trial: TrialSpec, backend: Origin): Origin;
  /** What a state and the record of its trial do not agree on; left out: nothing that its hash would not find. */
  problems?(state: TrainerState | undefined, record: RungRecord): Iterable<string>;
  /** Loads its code, and nothing else; what it gives makes a process ready. */
  load(): Promise<(process: TrainerProcess) => Promise<Trainer>>;
}
