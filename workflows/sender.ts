import { workflowInfo } from '@temporalio/workflow';
import type { Sender } from '../core/input.ts';

/** Of the workflow that asks. */
export function senderOf(): Sender {
  const { workflowId, parent, continuedFromExecutionRunId, cronSchedule } = workflowInfo();
  return {
    workflowId,
    parent: parent?.workflowId,
    continued: Boolean(continuedFromExecutionRunId),
    scheduled: Boolean(cronSchedule),
  };
}
