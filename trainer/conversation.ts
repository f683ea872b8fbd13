/** One request to a trainer process, from the moment a worker has it to send until it is answered, or never will be. */
import type { ChildProcess } from 'node:child_process';
import { OtherCode } from './code-guard.ts';
import { computingWatch } from './computing.ts';
import { ComputingFailed, OtherScience } from './failures.ts';
import type { Answer, FailureCause, FromTrainer, Meanwhile, ToTrainer, TrainerRequest } from './messages.ts';

export class TrainerStopped extends Error {}

/** Training failed in a way that trying again cannot mend: a bad option, say. */
export class TrainingImpossible extends Error {}

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

/** Calls `onAlive` every now and then while the trainer computes but is not heard of. */
function listen(child: ChildProcess, beatMs: number, onAlive: () => void): { heard(): void; end(): void } {
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

export interface Conversation {
  request: TrainerRequest;
  /** What it is asked to do, in the past: 'trained one'. */
  what: string;
  /** Aborted: the trainer is to save what it has, and stop. */
  signal: AbortSignal;
  /** Whether the trainer has the code of this process. */
  sameCode: Promise<boolean>;
  beatMs: number;
  stopGraceMs: number;
  onMeanwhile(this: void, message: Meanwhile): void;
  /** It has answered, and may be asked again. */
  onFree(this: void): void;
  /** It was stopped before it was asked. */
  onUnasked(this: void): void;
}

/** What the trainer answers. Rejects with what its failure means, with TrainerStopped or with OtherCode. */
export function converse(child: ChildProcess, conversation: Conversation): Promise<Answer> {
  const { request, what, signal, sameCode, beatMs, stopGraceMs, onMeanwhile, onFree, onUnasked } = conversation;
  return new Promise<Answer>((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    let asked = false;
    let settled = false;
    let stopping = false;
    // A program tells by itself whether it lives: its trainer computes nothing, but to look at it.
    const ofProgram = request.type === 'train' && request.job.lanes[0]?.trial.program !== undefined;
    const hearing = listen(child, beatMs, () => {
      if (!settled && !ofProgram) onMeanwhile({ type: 'alive' });
    });
    /** The first of what may end it; what comes after says nothing more. */
    function settle(end: () => void): void {
      if (settled) return;
      settled = true;
      clearTimeout(grace);
      hearing.end();
      signal.removeEventListener('abort', stop);
      child.off('message', onMessage).off('close', onClose).off('error', onError);
      end();
    }
    const fail = (error: Error, first = () => {}) =>
      settle(() => {
        first();
        reject(error);
      });
    const send = (message: ToTrainer) => child.send(message, (error) => error && fail(error));

    /** Anew whenever it is heard of: it may wait for a program to save. */
    function giveGrace(): void {
      clearTimeout(grace);
      grace = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
    }
    function stop(): void {
      if (!asked) return fail(new TrainerStopped('stopped'), onUnasked);
      send({ type: 'stop' });
      stopping = true;
      giveGrace();
      return undefined;
    }
    function begin(same: boolean): void {
      if (settled) return undefined;
      if (!same) return fail(new OtherCode(), () => void child.kill('SIGKILL'));
      asked = true;
      send(request);
      return undefined;
    }
    function onMessage(message: FromTrainer): void {
      hearing.heard();
      if (stopping) giveGrace();
      if (message.type === 'stopped') return fail(new TrainerStopped('stopped'), onFree);
      if (message.type === 'failed') return fail(errorOf(message.cause, message.message), onFree);
      if (message.type === 'done' || message.type === 'packSize')
        return settle(() => {
          onFree();
          resolve(message);
        });
      return message.type === 'loaded' ? undefined : onMeanwhile(message);
    }
    function onClose(code: number | null, killedBy: string | null): void {
      const how = `the trainer process ended (${killedBy ?? `code ${code}`}) while it ${what}`;
      fail(signal.aborted ? new TrainerStopped(how) : new Error(how));
    }
    const onError = (error: Error) => fail(error);

    child.on('message', onMessage).once('close', onClose).once('error', onError);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    sameCode.then(begin, onError);
    return undefined;
  });
}
