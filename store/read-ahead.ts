/**
 * Files are read for this many items at a time: a disk has answers to more than one question, and a process few open
 * files.
 */
const READ_AHEAD = 32;

/**
 * What is read for each item, in their order. Items are taken as they are needed: memory does not grow with their
 * number.
 */
export async function* readAhead<T, R>(items: Iterable<T>, read: (item: T) => Promise<R>): AsyncGenerator<R> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < READ_AHEAD) continue;
    yield* await Promise.all(batch.map(read));
    batch = [];
  }
  yield* await Promise.all(batch.map(read));
}
