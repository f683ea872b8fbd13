import {
  CancellationScope, continueAsNew, executeChild, isCancellation, ParentClosePolicy, setCurrentDetails, setHandler,
  upsertSearchAttributes, workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { countTrials } from '../core/plan.ts';
import { addProgress, emptyProgress, withOutcome, type Progress } from '../core/progress.ts';
import { progressQuery, TRIALS_PER_RUN, type SweepInput } from './messages.ts';
import { shard } from './shard.ts';
import { bookkeeping, runTrials } from './trials.ts';

const SweepStatus = defineSearchAttributeKey('SweepStatus', 'KEYWORD');
const SweepBest = defineSearchAttributeKey('SweepBest', 'DOUBLE');

/** A sweep: all trials of one spec, in this run if they are few, in shards one after the other if they are many; then the report. */
export async function sweep(input: SweepInput): Promise<Progress> {
  const { sweepId, spec, searchAttributes } = input;
  const { goal, metric } = spec.objective;
  const total = countTrials(spec);
  const startedAt = input.startedAt ?? new Date().toISOString();
  let progress = input.progress ?? emptyProgress(total);
  setHandler(progressQuery, () => progress);

  const show = (state: string) => {
    const { completed, cached, diverged, failed, best } = progress;
    const counts = [`${completed + failed}/${total} trials`, `${cached} cached`, `${diverged} diverged`, `${failed} failed`].join(' · ');
    setCurrentDetails(`**${state}** · ${counts}${best ? `\n\nBest ${metric}: **${best.objective}** (${best.label}, trial \`${best.trialId}\`)` : ''}`);
  };
  const publish = (state: string) => {
    show(state);
    if (!searchAttributes) return;
    upsertSearchAttributes([{ key: SweepStatus, value: state }, ...(progress.best ? [{ key: SweepBest, value: progress.best.objective }] : [])]);
  };
  const finish = (state: 'completed' | 'cancelled' | 'failed', message?: string) => CancellationScope.nonCancellable(async () => {
    const { completed, diverged, failed } = progress;
    await bookkeeping.finish({ sweepId, outcome: { state, total, completed, diverged, failed, at: new Date().toISOString(), ...(message && { message }) } });
    publish(state);
  });

  /** All trials that are left; a large sweep goes on in a new run once this one's history is long. */
  async function runAll(): Promise<void> {
    if (total <= TRIALS_PER_RUN) {
      await runTrials({ ...input, from: 0, to: total }, (trial, outcome) => {
        progress = withOutcome(progress, outcome, trial.label, goal);
        show('running');
      });
    } else {
      for (let from = input.next ?? 0; from < total; from += TRIALS_PER_RUN) {
        const to = Math.min(from + TRIALS_PER_RUN, total);
        const { trainQueue, science } = input;
        const part = await executeChild(shard, {
          workflowId: `${sweepId}/${from}-${to}`,
          args: [{ sweepId, spec, science, trainQueue, from, to }],
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `trials ${from} to ${to - 1} of ${total}`,
        });
        progress = addProgress(progress, part, goal);
        publish('running');
        if (to < total && workflowInfo().continueAsNewSuggested) await continueAsNew<typeof sweep>({ ...input, startedAt, next: to, progress });
      }
    }
  }

  publish('running');
  const { wallClockSeconds } = spec.budget;
  const spentMs = Date.now() - Date.parse(startedAt);
  try {
    if (wallClockSeconds === undefined) await runAll();
    else await CancellationScope.withTimeout(Math.max(1, wallClockSeconds * 1000 - spentMs), runAll);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    if (wallClockSeconds !== undefined && !CancellationScope.current().consideredCancelled) {
      await finish('completed', `ended by its budget of ${wallClockSeconds} seconds, with ${total - progress.completed - progress.failed} trials untrained`);
      return progress;
    }
    await finish('cancelled');
    throw error;
  }
  await finish('completed');
  return progress;
}
