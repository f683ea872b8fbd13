import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which the event loop gets its turn: heartbeats and cancellation wait no longer. */
const BREATH = 50;

/**
 * To be called after each piece of work: tells of it, and gives the event loop its turn if work has gone on for long
 * enough.
 */
export function breather(onTurn: () => void = () => {}): () => Promise<void> {
  let since = performance.now();
  return async () => {
    onTurn();
    if (performance.now() - since < BREATH) return;
    await setImmediate();
    since = performance.now();
  };
}
