/**
 * Trainer child processes, one a slot. Training blocks Node's event loop, so it happens in processes of its own: the
 * worker stays alive to Temporal while they compute, and one that dies takes nothing else with it. They load TensorFlow
 * once and stay warm between jobs.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { JobProgress, LaneOutcome } from '../core/results.ts';
import { hasSameCode, OtherCode, unguarded, type CodeGuard } from './code-guard.ts';
import { computingWatch } from './computing.ts';
import { ComputingFailed, OtherScience } from './failures.ts';
import type {
  Answer,
  FailureCause,
  FromTrainer,
  Meanwhile,
  PackSizeRequest,
  ToTrainer,
  TrainerRequest,
  TrainRequest,
} from './messages.ts';
import { typescriptEnvironment, typescriptFlags } from './typescript.ts';

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
/**
 * What is silent for longer than this goes in circles; milliseconds. TensorFlow takes most of an hour to optimise the
 * first step of a name of 24,000 characters, and several where others use the machine too.
 */
const MOST_SILENCE_MS = 12 * 60 * 60_000;

/** How a failure of the trainer is told of. */
function errorOf(cause: FailureCause, message: string): Error {
  const kinds = { impossible: TrainingImpossible, computing: ComputingFailed, science: OtherScience, machine: Error };
  return new kinds[cause](message);
}

const TRAINER = fileURLToPath(new URL('./process.ts', import.meta.url));

export function createTrainerPool(options: TrainerOptions): TrainerPool {
  const {
    backend,
    env,
    onWarning,
    onDebug = () => {},
    onIdle = () => {},
    ready = 0,
    stopGraceMs = 20_000,
    guard = unguarded,
    beatMs = BEAT_MS,
  } = options;
  /** Whether each has the code of this process. */
  const all = new Map<ChildProcess, Promise<boolean>>();
  const idle: ChildProcess[] = [];

  function start(): ChildProcess {
    const child = fork(TRAINER, [backend], {
      env: { ...process.env, ...env, ...typescriptEnvironment },
      execArgv: [...typescriptFlags],
      serialization: 'advanced', // NaN stays NaN
      detached: true, // ^C and the end of the terminal do not reach it: the worker decides what becomes of a job
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    all.set(child, hasSameCode(child, guard));
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
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

  /** Calls `onAlive` every now and then while the trainer computes but is not heard of. */
  function listen(child: ChildProcess, onAlive: () => void): { heard(): void; end(): void } {
    const computes = computingWatch(child.pid ?? 0);
    let heardAt = performance.now();
    const timer = setInterval(() => {
      void computes().then((does) => {
        const silence = performance.now() - heardAt;
        if (does && silence >= beatMs && silence < MOST_SILENCE_MS) onAlive();
      });
    }, beatMs);
    return {
      heard() {
        heardAt = performance.now();
      },
      end: () => clearInterval(timer),
    };
  }

  /** What a free trainer answers; `what` says what it is asked to do. */
  function ask(
    request: TrainerRequest,
    what: string,
    signal: AbortSignal,
    onMeanwhile: (message: Meanwhile) => void,
  ): Promise<Answer> {
    clearTimeout(idling);
    const child = idle.pop() ?? start();
    return new Promise<Answer>((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      let asked = false;
      let stopping = false;
      let settled = false;
      // A program tells by itself whether it lives: its trainer computes nothing, but to look at it.
      const ofProgram = request.type === 'train' && request.job.lanes[0]?.trial.program !== undefined;
      const hearing = listen(child, () => {
        if (!settled && !ofProgram) onMeanwhile({ type: 'alive' });
      });
      const send = (message: ToTrainer) =>
        child.send(message, (error) => {
          if (error) settle(() => reject(error));
        });
      /** Anew whenever it is heard of: it may wait for a program to save. */
      const giveGrace = () => {
        clearTimeout(grace);
        grace = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      };
      const stop = () => {
        if (!asked)
          return settle(() => {
            idle.push(child);
            reject(new TrainerStopped('stopped'));
          });
        send({ type: 'stop' });
        stopping = true;
        giveGrace();
        return undefined;
      };
      const settle = (end: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(grace);
        hearing.end();
        signal.removeEventListener('abort', stop);
        child.off('message', onMessage).off('close', onClose).off('error', onError);
        end();
      };
      const finish = (end: () => void) =>
        settle(() => {
          free(child);
          end();
        });
      const onError = (error: Error) => settle(() => reject(error));
      const onClose = (code: number | null, killedBy: string | null) =>
        settle(() => {
          const how = `the trainer process ended (${killedBy ?? `code ${code}`}) while it ${what}`;
          reject(signal.aborted ? new TrainerStopped(how) : new Error(how));
        });
      const onMessage = (message: FromTrainer) => {
        hearing.heard();
        if (stopping) giveGrace();
        if (message.type === 'loaded') return;
        if (message.type === 'warning') onWarning(message.message);
        else if (message.type === 'debug') onDebug(message.line);
        else if (message.type === 'progress' || message.type === 'alive') onMeanwhile(message);
        else if (message.type === 'stopped') finish(() => reject(new TrainerStopped('stopped')));
        else if (message.type === 'failed') finish(() => reject(errorOf(message.cause, message.message)));
        else finish(() => resolve(message));
      };
      const begin = (same: boolean) => {
        if (settled) return;
        if (!same)
          return settle(() => {
            child.kill('SIGKILL');
            reject(new OtherCode());
          });
        asked = true;
        send(request);
        return undefined;
      };
      child.on('message', onMessage).once('close', onClose).once('error', onError);
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      all.get(child)?.then(begin, onError);
      return undefined;
    });
  }

  return {
    async run(request, { signal, onProgress, onAlive }) {
      const answer = await ask(
        { type: 'train', ...request },
        `trained ${request.job.lanes[0]?.label}`,
        signal,
        (message) => {
          if (message.type === 'progress') onProgress(message.progress);
          else onAlive?.();
        },
      );
      if (answer.type !== 'done') throw new Error(`the trainer answered ${answer.type} to a job`);
      return answer.outcomes;
    },
    async packSize(request, { signal, onTurn }) {
      const answer = await ask({ type: 'packSize', ...request }, 'measured the size of packs', signal, onTurn);
      if (answer.type !== 'packSize')
        throw new Error(`the trainer answered ${answer.type} to a question for the size of packs`);
      return answer.lanes;
    },
    async close() {
      clearTimeout(idling);
      await Promise.all(
        [...all.keys()].map(
          (child) =>
            new Promise<void>((resolve) => {
              child.once('close', () => resolve());
              child.kill('SIGKILL');
            }),
        ),
      );
    },
  };
}
