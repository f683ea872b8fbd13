/**
 * A process that is started loads the code that lies there then, which may be another than its worker's: somebody has
 * pulled, or edited. Results of both must not be mixed: the worker hands back what it has, and ends.
 */
import type { ChildProcess } from 'node:child_process';

export interface CodeGuard {
  /** Whether the code that lies there is that of this process. Once it is not, it never is again. */
  isSame(): Promise<boolean>;
}

/** Where nobody changes code, or has to know. */
export const unguarded: CodeGuard = { isSame: () => Promise.resolve(true) };

/** What a process says as soon as it has loaded its code: all that it loads lay there before. */
export interface Loaded {
  type: 'loaded';
}

export class OtherCode extends Error {
  constructor() {
    super('the code on disk has changed since this worker was started: the worker ends, and a new one goes on');
  }
}

/** Whether the process that was just started has loaded the code of this one. Never settles if it ends before. */
export function hasSameCode(child: ChildProcess, guard: CodeGuard): Promise<boolean> {
  return new Promise((resolve, reject) => {
    child.on('message', ({ type }: { type: string }) => {
      if (type === 'loaded') guard.isSame().then(resolve, reject);
    });
  });
}
