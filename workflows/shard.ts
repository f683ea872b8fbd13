import { CancellationScope, continueAsNew, getExternalWorkflowHandle, isCancellation, setHandler } from '@temporalio/workflow';
import { closeSignal, progressQuery, shardSignal, slotsSignal, type ShardInput, type ShardNews } from './messages.ts';
import { range } from './range.ts';

/** As the shard runs out of jobs the sweep hears of free slots in steps of this share of what it heard last. */
const STEP = 0.75;

/** A stretch of a large sweep's trials. It lives on when the sweep's workflow continues as new, and tells that how it goes. */
export async function shard(input: ShardInput): Promise<void> {
  const { root, from } = input;
  let { slots } = input;
  let told = Infinity;
  let telling: Promise<unknown> = Promise.resolve();
  // One after the other, so that the last word is the last; a sweep that is gone needs no shard.
  const tell = (news: Omit<ShardNews, 'from'>) => {
    telling = telling.then(() => getExternalWorkflowHandle(root).signal(shardSignal, { from, ...news })).catch(() => run.close());
  };
  const run = range({
    ...input,
    onShort(left) {
      if (left === 0 || left > told * STEP) return;
      told = left;
      tell({ left });
    },
  });
  setHandler(progressQuery, run.progress);
  setHandler(slotsSignal, (given) => {
    slots = given;
    run.setSlots(given);
  });
  setHandler(closeSignal, run.close);

  const error = await run.drive().then((end) => {
    if (end === 'continue') return 'continue' as const;
    tell({ ended: run.progress() });
    return undefined;
  }, (problem: unknown) => {
    const message = problem instanceof Error ? problem.message : String(problem);
    CancellationScope.nonCancellable(async () => tell({ ended: run.progress(), ...(!isCancellation(problem) && { error: message }) })).catch(() => {});
    return undefined;
  });
  await CancellationScope.nonCancellable(() => telling);
  if (error === 'continue') await continueAsNew<typeof shard>({ ...input, slots, cached: run.progress().cached });
}
