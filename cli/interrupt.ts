/** ^C, or the terminal closed: the first one asks the command to end in order, a second one ends it at once. */
const controller = new AbortController();
let heeded = false;

/** Aborts at the first ^C. A command that asks for it has to end by itself then. */
export function interruptSignal(): AbortSignal {
  heeded = true;
  return controller.signal;
}

export const interrupted = (): boolean => controller.signal.aborted;

/** Calls `exitNow` at a ^C that nobody heeds, and at the second one. */
export function onInterrupt(exitNow: () => void): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!heeded) exitNow();
      else if (!controller.signal.aborted) controller.abort(new DOMException('Interrupted', 'AbortError'));
      else if (name !== 'SIGHUP') exitNow(); // of a closed terminal the shell and the kernel tell, one each
    });
  }
}
