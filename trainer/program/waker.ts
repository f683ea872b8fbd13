/** A pause that is over as soon as there is something to do. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Waker {
  up(): void;
  within(ms: number): Promise<void>;
}

/** Sleeps until somebody wakes it, but no longer than so many milliseconds. */
export function waker(): Waker {
  let wake = () => {};
  let isUp = false;
  return {
    up() {
      isUp = true;
      wake();
    },
    async within(ms) {
      if (!isUp) {
        const woken = new AbortController();
        wake = () => woken.abort();
        await sleep(ms, undefined, { signal: woken.signal }).catch(() => {});
        wake = () => {};
      }
      isUp = false;
    },
  };
}
