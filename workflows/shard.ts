import {
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  rootCause,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { shardInputProblem, slotsProblem } from '../core/input.ts';
import { closeSignal, progressQuery, shardSignal, slotsSignal, type ShardInput, type ShardNews } from './messages.ts';
import { range } from './range.ts';
import { senderOf } from './sender.ts';

/** As the shard runs out of jobs the sweep hears of free slots in steps of this share of what it heard last. */
const STEP = 0.75;

/**
 * A stretch of a large sweep's trials. It lives on when the sweep's workflow continues as new, and tells that how it
 * goes.
 */
export async function shard(input: ShardInput): Promise<void> {
  const problem = shardInputProblem(input, senderOf());
  if (problem !== undefined) throw ApplicationFailure.nonRetryable(problem, 'Impossible');
  const { root, rootRun, from } = input;
  const sender = rootRun === undefined ? undefined : { id: workflowInfo().workflowId, rootRun };
  let { slots } = input;
  let told = Infinity;
  let closed = false;
  let telling: Promise<unknown> = Promise.resolve();
  // One after the other, so that the last word is the last; a sweep that is gone needs no shard.
  const tell = (news: Omit<ShardNews, 'from' | 'sender'>) => {
    telling = telling
      .then(() => getExternalWorkflowHandle(root).signal(shardSignal, { from, ...(sender && { sender }), ...news }))
      .catch(close);
    return telling;
  };
  function close(): void {
    closed = true;
    run.close();
  }
  const run = range({
    ...input,
    onShort(left) {
      if (left === 0 || left > told * STEP) return;
      told = left;
      void tell({ left });
    },
  });
  setHandler(progressQuery, run.progress);
  setHandler(slotsSignal, (given) => {
    if (slotsProblem(given) !== undefined) return; // of whomever
    slots = given;
    run.setSlots(given);
  });
  setHandler(closeSignal, close);

  let end: Awaited<ReturnType<typeof run.drive>> | undefined;
  let error: string | undefined;
  try {
    end = await run.drive();
  } catch (problem) {
    if (!isCancellation(problem)) error = rootCause(problem) ?? String(problem);
  }
  await CancellationScope.nonCancellable(() => telling);
  // It is told to close only once: a run that was about to go on as new then ends instead.
  if (end === 'continue' && !closed)
    return continueAsNew<typeof shard>({ ...input, slots, cached: run.progress().cached });
  await CancellationScope.nonCancellable(() => tell({ ended: run.progress(), ...(error !== undefined && { error }) }));
}
