/** An attempt at a trial: what it is given, what it tells, and how it ends. */
import type { JsonObject } from '../../core/json.ts';
import type { CurvePoint } from '../../core/results.ts';
import type { ArgumentStyle } from './command.ts';
import type { Checkpoint, Files } from './layout.ts';

export interface Attempt {
  command: readonly string[];
  arguments: ArgumentStyle;
  files: Files;
  environment: Readonly<Record<string, string>>;
  /** Names of secrets. */
  pass: readonly string[];
  /** Names of metrics. */
  metrics: readonly string[];
  read?: Readonly<Record<string, string>> | undefined;
  seedAs?: string | undefined;
  stepsAs?: string | undefined;
  resumes: boolean;
  /** Seconds without a word after which it is ended. */
  silence?: number | undefined;
  /** Bytes that its processes may have together. */
  memory?: number | undefined;
  parameters: JsonObject;
  seed: number;
  trialId: string;
  /** Where it goes on; left out: from its beginning. */
  resume?: Checkpoint | undefined;
  toStep: number;
  maxSteps: number;
}

export interface Surroundings {
  /** Aborted: it is asked to save a checkpoint and end. */
  signal: AbortSignal;
  /** The worker's environment. */
  env: NodeJS.ProcessEnv;
  /** The folder of clients for Python. */
  python: string;
  /** It says something, or computes. */
  onAlive(): void;
  /** All that is kept of what it has printed, whenever that is more. */
  onOutput(text: string): void;
  /** How long it may take to end once it is asked to, in milliseconds. */
  graceMs?: number;
}

/** `values`: of a point that is not yet whole. `savable`: a checkpoint, once all is said of the steps up to it. */
export type ProgramEvent =
  | { values: CurvePoint }
  | { point: CurvePoint }
  | { savable: Checkpoint }
  | { warning: string };

/** `paused`: at toStep, or because it was asked to. */
export interface ProgramEnd {
  status: 'completed' | 'diverged' | 'paused';
  /** The last whole point's, or the one that is not finite. */
  step: number;
  /** The last checkpoint up to it. */
  saved?: Checkpoint | undefined;
}
