/**
 * Trainer child processes, one a slot. Training blocks Node's event loop, so it happens in processes of its own: the
 * worker stays alive to Temporal while they compute, and one that dies takes nothing else with it. They load TensorFlow
 * once and stay warm between jobs.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { JobProgress, LaneOutcome } from '../core/results.ts';
import { hasSameCode, unguarded, type CodeGuard } from './code-guard.ts';
import { converse } from './conversation.ts';
import type { Answer, Meanwhile, PackSizeRequest, TrainerRequest, TrainRequest } from './messages.ts';
import { moduleFile, typescriptEnvironment, typescriptFlags } from './typescript.ts';

export { TrainerStopped, TrainingImpossible } from './conversation.ts';

export interface TrainerPool {
  /**
   * Trains a job in a free trainer. Rejects with TrainerStopped once the signal has aborted and a checkpoint is saved.
   * `onAlive` is called while it says nothing, but computes.
   */
  run(
    request: Omit<TrainRequest, 'type'>,
    options: { signal: AbortSignal; onProgress(progress: JobProgress): void; onAlive?(): void },
  ): Promise<LaneOutcome[]>;
  /**
   * Asks a free trainer for the size of packs, which it may have to measure. Rejects with TrainerStopped if the signal
   * aborts before.
   */
  packSize(request: Omit<PackSizeRequest, 'type'>, options: { signal: AbortSignal; onTurn(): void }): Promise<number>;
  /** Ends all trainers; whatever they train is rejected. */
  close(): Promise<void>;
}

export interface TrainerOptions {
  /** How the trainer loads TensorFlow: an argument for it, and the environment that TensorFlow wants at its start. */
  backend: string;
  env: Record<string, string>;
  onWarning(message: string): void;
  onDebug?(line: string): void;
  /** A trainer has been without a job for a moment: there is none left for it. */
  onIdle?(): void;
  /**
   * How many start at once, to be ready when the first jobs come; left out: each starts with the first job it is needed
   * for.
   */
  ready?: number;
  /** How long a trainer may take to save its checkpoint once it was asked to stop, in milliseconds. */
  stopGraceMs?: number;
  /** A trainer that has loaded other code gets no job: it is rejected with OtherCode. */
  guard?: CodeGuard;
  /**
   * How long a trainer may be silent until it is looked at whether it computes, and how often from then on, in
   * milliseconds.
   */
  beatMs?: number;
}

/** Longer than it takes for the next job to come. */
const IDLE_MS = 250;
const BEAT_MS = 5000;
const STOP_GRACE_MS = 20_000;

const TRAINER = moduleFile('./process.ts', import.meta.url);

/** Of a trainer, for whoever has asked it: it is at work. */
type Sign = Extract<Meanwhile, { type: 'progress' | 'alive' }>;

const killed = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });

export const createTrainerPool = (options: TrainerOptions): TrainerPool => new TrainerProcesses(options);

class TrainerProcesses implements TrainerPool {
  private readonly options: TrainerOptions;
  /** Whether each has the code of this process. */
  private readonly all = new Map<ChildProcess, Promise<boolean>>();
  private readonly idle: ChildProcess[] = [];
  private idling: NodeJS.Timeout | undefined;

  constructor(options: TrainerOptions) {
    this.options = options;
    for (let i = 0; i < (options.ready ?? 0); i++) this.idle.push(this.start());
  }

  async run(
    request: Omit<TrainRequest, 'type'>,
    { signal, onProgress, onAlive }: Parameters<TrainerPool['run']>[1],
  ): Promise<LaneOutcome[]> {
    const what = `trained ${request.job.lanes[0]?.label}`;
    const answer = await this.ask({ type: 'train', ...request }, what, signal, (message) => {
      if (message.type === 'progress') onProgress(message.progress);
      else onAlive?.();
    });
    if (answer.type !== 'done') throw new Error(`the trainer answered ${answer.type} to a job`);
    return answer.outcomes;
  }

  async packSize(
    request: Omit<PackSizeRequest, 'type'>,
    { signal, onTurn }: Parameters<TrainerPool['packSize']>[1],
  ): Promise<number> {
    const answer = await this.ask({ type: 'packSize', ...request }, 'measured the size of packs', signal, onTurn);
    if (answer.type !== 'packSize')
      throw new Error(`the trainer answered ${answer.type} to a question for the size of packs`);
    return answer.lanes;
  }

  async close(): Promise<void> {
    clearTimeout(this.idling);
    await Promise.all([...this.all.keys()].map(killed));
  }

  private start(): ChildProcess {
    const { backend, env, onWarning, guard = unguarded } = this.options;
    const child = fork(TRAINER, [backend], {
      env: { ...process.env, ...env, ...typescriptEnvironment },
      execArgv: [...typescriptFlags],
      serialization: 'advanced', // NaN stays NaN
      detached: true, // ^C and the end of the terminal do not reach it: the worker decides what becomes of a job
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.all.set(child, hasSameCode(child, guard));
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    child.once('close', (code, signal) => {
      this.all.delete(child);
      const place = this.idle.indexOf(child);
      if (place >= 0) this.idle.splice(place, 1);
      if (code !== 0 && signal === null) onWarning(`trainer ${child.pid} ended with code ${code}: ${errors.trim()}`);
    });
    return child;
  }

  private free(child: ChildProcess): void {
    const { onIdle = () => {} } = this.options;
    this.idle.push(child);
    clearTimeout(this.idling);
    this.idling = setTimeout(onIdle, IDLE_MS).unref();
  }

  private hear(message: Meanwhile, onSign: (message: Sign) => void): void {
    if (message.type === 'warning') this.options.onWarning(message.message);
    else if (message.type === 'debug') this.options.onDebug?.(message.line);
    else onSign(message);
  }

  /** What a free trainer answers; `what` says what it is asked to do. */
  private ask(
    request: TrainerRequest,
    what: string,
    signal: AbortSignal,
    onSign: (message: Sign) => void,
  ): Promise<Answer> {
    const { beatMs = BEAT_MS, stopGraceMs = STOP_GRACE_MS } = this.options;
    clearTimeout(this.idling);
    const child = this.idle.pop() ?? this.start();
    return converse(child, {
      ...{ request, what, signal, beatMs, stopGraceMs },
      sameCode: this.all.get(child) as Promise<boolean>,
      onMeanwhile: (message) => this.hear(message, onSign),
      onFree: () => this.free(child),
      onUnasked: () => void this.idle.push(child),
    });
  }
}
