/** A queue of which the first is always the least: a binary heap. */
export class Heap<T> {
  readonly #items: T[] = [];

  constructor(private readonly isBefore: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    let here = items.length;
    for (;;) {
      const parent = (here - 1) >> 1;
      const above = items[parent];
      if (above === undefined || !this.isBefore(item, above)) break;
      items[here] = above;
      here = parent;
    }
    items[here] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let here = 0;
    for (;;) {
      let child = 2 * here + 1;
      let below = items[child];
      if (below === undefined) break;
      const other = items[child + 1];
      if (other !== undefined && this.isBefore(other, below)) [child, below] = [child + 1, other];
      if (!this.isBefore(below, last)) break;
      items[here] = below;
      here = child;
    }
    items[here] = last;
    return first;
  }
}
