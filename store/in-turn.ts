/**
 * Files that one process reads at a time, whoever asks: a process may have few open, and most systems allow 256 to
 * 1,024.
 */
const MOST_OPEN = 32;

let open = 0;
const waiting: (() => void)[] = [];

/** Does the work once fewer than that many others are at it. The work waits for no turn of its own. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (open >= MOST_OPEN)
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
  else open++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next)
      next(); // the place goes on to the next
    else open--;
  }
}
