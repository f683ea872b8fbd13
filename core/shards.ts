/** How a large sweep's jobs are shared between the shards that run at a time. */

/** A shard that runs trials [from, to). */
export interface ShardPlace {
  from: number;
  to: number;
  /** Jobs that it may have in training. */
  slots: number;
  /** Once all its trials are begun: how many are not done. It can use no more slots than these. */
  left?: number;
}

/** Slots for each shard, oldest first: never more than `limit` in all, and none that a shard cannot use. */
export function allot(limit: number, shards: readonly Pick<ShardPlace, 'left'>[]): number[] {
  let free = limit;
  return shards.map(({ left = free }) => {
    const slots = Math.min(free, left);
    free -= slots;
    return slots;
  });
}
