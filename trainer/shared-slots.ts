/** So many jobs at a time, whatever queues they come by: those beyond wait here, and are heard of meanwhile. */
import type { TrainerPool } from './pool.ts';
import { TrainerStopped } from './pool.ts';

const BEAT_MS = 5000;

export function inSlots(trainers: TrainerPool, slots: number): TrainerPool {
  let free = slots;
  const waiting: (() => void)[] = [];

  function slot(signal: AbortSignal, onAlive: () => void): Promise<void> {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const beat = setInterval(onAlive, BEAT_MS);
      const settle = (end: () => void) => {
        clearInterval(beat);
        signal.removeEventListener('abort', stop);
        const place = waiting.indexOf(begin);
        if (place >= 0) waiting.splice(place, 1);
        end();
      };
      const begin = () => settle(resolve);
      const stop = () => settle(() => reject(new TrainerStopped('stopped')));
      waiting.push(begin);
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
    });
  }

  async function inSlot<T>(signal: AbortSignal, onAlive: () => void, work: () => Promise<T>): Promise<T> {
    await slot(signal, onAlive);
    try {
      return await work();
    } finally {
      const next = waiting[0];
      if (next) next();
      else free++;
    }
  }

  return {
    run: (request, options) =>
      inSlot(options.signal, options.onAlive ?? (() => {}), () => trainers.run(request, options)),
    packSize: (request, options) => inSlot(options.signal, options.onTurn, () => trainers.packSize(request, options)),
    close: () => trainers.close(),
  };
}
