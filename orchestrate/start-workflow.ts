/** A sweep's workflow, started or found running: what it is given, and what stands of it in the run folder. */
import { availableParallelism } from 'node:os';
import { TypedSearchAttributes } from '@temporalio/common';
import { SWEEP_ATTRIBUTES } from '../core/attributes.ts';
import type { Control } from '../core/control.ts';
import { UserError } from '../core/errors.ts';
import { countTrials } from '../core/plan.ts';
import { queuesOf, trainQueueOf } from '../core/queues.ts';
import type { Origin } from '../core/results.ts';
import type { SweepSpec } from '../core/spec.ts';
import { SCIENCE_VERSION } from '../core/trial.ts';
import { ensureSearchAttributes } from '../server/attributes.ts';
import type { TemporalTarget } from '../server/connection.ts';
import type { Store } from '../store/index.ts';
import {
  claimSweep,
  clearOutcome,
  listTrials,
  pinOrigin,
  readControl,
  readOutcome,
  reopenSweep,
  storeId,
  writeControl,
} from '../store/runs.ts';
import type { sweep } from '../workflows/index.ts';
import type { SweepInput } from '../workflows/messages.ts';
import { answered, describe, untilClosed, workflowIdOf } from './workflow.ts';

export interface WorkflowRequest {
  spec: SweepSpec;
  sweepId: string;
  store: Store;
  target: TemporalTarget;
  /** What `accelerator: any` means on this machine. */
  accelerator: 'cpu' | 'gpu';
  /** What trains here; left out: the sweep's trials are anybody's. `chosen`: it was asked for. */
  origin?: Origin & { chosen: boolean };
  /** Jobs that the workers of this machine run at a time; left out: one a core. */
  slots?: number;
  /** Take no results of other sweeps. */
  noCache?: boolean;
}

/** `attached`: it ran already. `spec`: the one that the sweep has, which may have been extended since. */
export interface StartedWorkflow {
  attached: boolean;
  total: number;
  spec: SweepSpec;
  paused: boolean;
}

/** Where every result may change what is next: enough for no slot to wait, and no more. */
const QUEUED_PER_SLOT = 2;

/** Trials that a job may carry at most: what is set by hand, else as many as pay on the machine that trains them. */
const LANES = process.env['SWEEP_LANES']
  ? Math.max(1, Math.trunc(Number(process.env['SWEEP_LANES'])) || 1)
  : 'measured';

/**
 * What a workflow run takes on, as '2,40' for trials and events: with little, a few trials are a large sweep. For
 * tests.
 */
function runLimits(text = process.env['SWEEP_RUN_LIMITS']): Pick<SweepInput, 'limits'> {
  const [trials = NaN, events = NaN] = (text ?? '').split(',').map(Number);
  return trials >= 1 && events >= 1 ? { limits: { trials, events } } : {};
}

/**
 * What a sweep goes on with: one that has ended begins as its file says, one that the server lost is as people have set
 * it.
 */
async function controlFor(store: Store, sweepId: string, noCache: boolean): Promise<Control> {
  const before = await readControl(store, sweepId);
  if (noCache && !before.noCache && (await listTrials(store, sweepId)).length > 0) {
    throw new UserError(
      `--no-cache: ${sweepId} has trained trials already, which would be taken; allowed: another --id, or no --no-cache to go on with it`,
      2,
    );
  }
  const flag = noCache || before.noCache ? { noCache: true as const } : {};
  return (await readOutcome(store, sweepId)) === undefined ? { ...before, ...flag } : { paused: false, ...flag };
}

/**
 * Lets a sweep that has ended go on, with another spec or to try again what failed: from its beginning as any other,
 * and not paused as it was when it ended.
 */
export async function reopenEnded(store: Store, sweepId: string, spec: SweepSpec): Promise<void> {
  await writeControl(store, sweepId, await controlFor(store, sweepId, false)); // which the outcome decides, and that goes next
  await reopenSweep(store, sweepId, spec);
}

/**
 * Starts a sweep's workflow, or attaches to the one that runs already. Starting twice at once starts it once. Says
 * which spec stands.
 */
export async function startWorkflow({
  spec: given,
  sweepId,
  store,
  target,
  accelerator,
  origin,
  slots = availableParallelism(),
  noCache = false,
}: WorkflowRequest): Promise<StartedWorkflow> {
  const spec = await claimSweep(store, sweepId, given);
  if (spec === undefined) {
    throw new UserError(
      `sweep id "${sweepId}": the runs folder has another sweep of this id, with a different spec; allowed: another --id`,
      2,
    );
  }
  await untilClosed(target, store, sweepId);
  const id = await storeId(store);
  const queues = queuesOf(id);
  const workflowId = await workflowIdOf(store, sweepId);
  const total = countTrials(spec);
  const control = await controlFor(store, sweepId, noCache);
  if ((await describe(target, workflowId))?.status.name === 'RUNNING')
    return { attached: true, total, spec, paused: control.paused };

  const searchAttributes = await answered(target, () => ensureSearchAttributes(target.client));
  await writeControl(store, sweepId, control);
  await clearOutcome(store, sweepId);
  const wanted = spec.resources.accelerator === 'any' ? accelerator : spec.resources.accelerator;
  const pinned =
    origin && wanted === accelerator && spec.program === undefined
      ? await pinOrigin(store, sweepId, { ...origin, accelerator }, origin.chosen)
      : undefined; // a program is anybody's; of another machine's GPU nothing is known here
  const input: SweepInput = {
    sweepId,
    spec,
    science: SCIENCE_VERSION,
    ...(pinned
      ? {
          trainQueue: trainQueueOf(id, pinned.accelerator, pinned, SCIENCE_VERSION),
          origin: { backend: pinned.backend, replayed: pinned.replayed },
        }
      : { trainQueue: queues[wanted] }),
    searchAttributes,
    control,
    cache: !control.noCache,
    ahead: QUEUED_PER_SLOT * slots,
    lanes: LANES,
    ...runLimits(),
  };
  await answered(target, () =>
    target.client.workflow.start<typeof sweep>('sweep', {
      workflowId,
      taskQueue: queues.sweep,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${spec.name}: ${total} trials`,
      staticDetails: [spec.description, `Runs folder: \`${store.url}/${sweepId}\``].filter(Boolean).join('\n\n'),
      ...(searchAttributes && {
        typedSearchAttributes: new TypedSearchAttributes([
          { key: SWEEP_ATTRIBUTES.name, value: spec.name },
          { key: SWEEP_ATTRIBUTES.task, value: spec.task?.name ?? 'program' },
        ]),
      }),
    }),
  );
  return { attached: false, total, spec, paused: control.paused };
}
