/**
 * Loading a graph takes up to half a second for a thousand ops. So what was loaded is shared: the next function of
 * equal graph finds it ready.
 */
import { createHash } from 'node:crypto';

/** How many that nobody uses are kept; a few megabytes each. */
const KEPT = 16;

export interface Sessions<T> {
  /** Whatever was loaded from these bytes; `giveBack` when it is needed no more. */
  take(bytes: Uint8Array, load: () => T): { loaded: T; giveBack(): void };
  /** Closes those that nobody uses, all but the `kept` that were used last. */
  closeIdle(kept?: number): void;
  readonly count: number;
}

export function sharedSessions<T>(close: (loaded: T) => void): Sessions<T> {
  /** By what they were loaded from; those given back last are the last ones. */
  const sessions = new Map<string, { loaded: T; users: number }>();

  function closeIdle(kept = 0): void {
    const idle = [...sessions].filter(([, { users }]) => users === 0);
    for (const [key, { loaded }] of idle.slice(0, Math.max(0, idle.length - kept))) {
      sessions.delete(key);
      close(loaded);
    }
  }
  return {
    take(bytes, load) {
      const key = createHash('sha256').update(bytes).digest('hex');
      const session = sessions.get(key) ?? { loaded: load(), users: 0 };
      sessions.set(key, session);
      session.users += 1;
      return {
        loaded: session.loaded,
        giveBack() {
          session.users -= 1;
          sessions.delete(key);
          sessions.set(key, session);
          closeIdle(KEPT);
        },
      };
    },
    closeIdle,
    get count() {
      return sessions.size;
    },
  };
}
