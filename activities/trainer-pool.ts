/**
 * Trainer child processes, one a slot. Training blocks Node's event loop, so it happens in processes of its own: the
 * worker stays alive to Temporal while they compute, and one that dies takes nothing else with it. They load TensorFlow
 * once and stay warm between jobs.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { JobProgress, LaneOutcome } from '../core/results.ts';
import type { Answer, FromTrainer, Meanwhile, PackSizeRequest, ToTrainer, TrainerRequest, TrainRequest } from './messages.ts';
import { typescriptEnvironment, typescriptFlags } from './typescript.ts';

export interface TrainerPool {
  /** Trains a job in a free trainer. Rejects with TrainerStopped once the signal has aborted and a checkpoint is saved. */
  run(request: Omit<TrainRequest, 'type'>, options: { signal: AbortSignal; onProgress(progress: JobProgress): void }): Promise<LaneOutcome[]>;
  /** Asks a free trainer for the size of packs, which it may have to measure. Rejects with TrainerStopped if the signal aborts before. */
  packSize(request: Omit<PackSizeRequest, 'type'>, options: { signal: AbortSignal; onTurn(): void }): Promise<number>;
  /** Ends all trainers; whatever they train is rejected. */
  close(): Promise<void>;
}

export class TrainerStopped extends Error {}

/** Training failed in a way that trying again cannot mend: a bad option, say. */
export class TrainingImpossible extends Error {}

export interface TrainerOptions {
  /** How the trainer loads TensorFlow: an argument for it, and the environment that TensorFlow wants at its start. */
  backend: string;
  env: Record<string, string>;
  onWarning(message: string): void;
  onDebug?(line: string): void;
  /** A trainer has been without a job for a moment: there is none left for it. */
  onIdle?(): void;
  /** How many start at once, to be ready when the first jobs come; left out: each starts with the first job it is needed for. */
  ready?: number;
  /** How long a trainer may take to save its checkpoint once it was asked to stop, in milliseconds. */
  stopGraceMs?: number;
}

/** Longer than it takes for the next job to come. */
const IDLE_MS = 250;

const TRAINER = fileURLToPath(new URL('./trainer.ts', import.meta.url));

export function createTrainerPool({ backend, env, onWarning, onDebug = () => {}, onIdle = () => {}, ready = 0, stopGraceMs = 20_000 }: TrainerOptions): TrainerPool {
  const all = new Set<ChildProcess>();
  const idle: ChildProcess[] = [];

  function start(): ChildProcess {
    const child = fork(TRAINER, [backend], {
      env: { ...process.env, ...env, ...typescriptEnvironment },
      execArgv: [...typescriptFlags],
      serialization: 'advanced', // NaN stays NaN
      detached: true, // ^C and the end of the terminal do not reach it: the worker decides what becomes of a job
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    all.add(child);
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => { errors = (errors + text).slice(-4000); });
    child.once('close', (code, signal) => {
      all.delete(child);
      const place = idle.indexOf(child);
      if (place >= 0) idle.splice(place, 1);
      if (code !== 0 && signal === null) onWarning(`trainer ${child.pid} ended with code ${code}: ${errors.trim()}`);
    });
    return child;
  }

  let idling: NodeJS.Timeout | undefined;
  function free(child: ChildProcess): void {
    idle.push(child);
    clearTimeout(idling);
    idling = setTimeout(onIdle, IDLE_MS).unref();
  }

  for (let i = 0; i < ready; i++) idle.push(start());

  /** What a free trainer answers; `what` says what it is asked to do. */
  function ask(request: TrainerRequest, what: string, signal: AbortSignal, onMeanwhile: (message: Meanwhile) => void): Promise<Answer> {
    clearTimeout(idling);
    const child = idle.pop() ?? start();
    return new Promise<Answer>((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      const send = (message: ToTrainer) => child.send(message, (error) => { if (error) settle(() => reject(error)); });
      const stop = () => {
        send({ type: 'stop' });
        grace = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      };
      const settle = (end: () => void) => {
        clearTimeout(grace);
        signal.removeEventListener('abort', stop);
        child.off('message', onMessage).off('close', onClose).off('error', onError);
        end();
      };
      const finish = (end: () => void) => settle(() => { free(child); end(); });
      const onError = (error: Error) => settle(() => reject(error));
      const onClose = (code: number | null, killedBy: string | null) => settle(() => {
        const how = `the trainer process ended (${killedBy ?? `code ${code}`}) while it ${what}`;
        reject(signal.aborted ? new TrainerStopped(how) : new Error(how));
      });
      const onMessage = (message: FromTrainer) => {
        if (message.type === 'warning') onWarning(message.message);
        else if (message.type === 'debug') onDebug(message.line);
        else if (message.type === 'progress' || message.type === 'alive') onMeanwhile(message);
        else if (message.type === 'stopped') finish(() => reject(new TrainerStopped('stopped')));
        else if (message.type === 'failed') finish(() => reject(new (message.retryable ? Error : TrainingImpossible)(message.message)));
        else finish(() => resolve(message));
      };
      child.on('message', onMessage).once('close', onClose).once('error', onError);
      if (signal.aborted) settle(() => { idle.push(child); reject(new TrainerStopped('stopped')); });
      else {
        signal.addEventListener('abort', stop, { once: true });
        send(request);
      }
    });
  }

  return {
    async run(request, { signal, onProgress }) {
      const answer = await ask({ type: 'train', ...request }, `trained ${request.job.lanes[0]?.label}`, signal, (message) => {
        if (message.type === 'progress') onProgress(message.progress);
      });
      if (answer.type !== 'done') throw new Error(`the trainer answered ${answer.type} to a job`);
      return answer.outcomes;
    },
    async packSize(request, { signal, onTurn }) {
      const answer = await ask({ type: 'packSize', ...request }, 'measured the size of packs', signal, onTurn);
      if (answer.type !== 'packSize') throw new Error(`the trainer answered ${answer.type} to a question for the size of packs`);
      return answer.lanes;
    },
    async close() {
      clearTimeout(idling);
      await Promise.all([...all].map((child) => new Promise<void>((resolve) => {
        child.once('close', () => resolve());
        child.kill('SIGKILL');
      })));
    },
  };
}
