import { setHandler } from '@temporalio/workflow';
import { emptyProgress, withOutcome, type Progress } from '../core/progress.ts';
import { progressQuery, type ShardInput } from './messages.ts';
import { runTrials } from './trials.ts';

/** A stretch of a large sweep's trials. */
export async function shard(input: ShardInput): Promise<Progress> {
  let progress = emptyProgress(input.to - input.from);
  setHandler(progressQuery, () => progress);
  await runTrials(input, (trial, outcome) => {
    progress = withOutcome(progress, outcome, trial.label, input.spec.objective.goal);
  });
  return progress;
}
