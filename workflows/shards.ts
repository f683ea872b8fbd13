/** A large sweep: its trials in shards, workflows of their own that overlap so that no slot is idle while one ends. */
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { newsProblem } from '../core/input.ts';
import { countTrials, countWithin } from '../core/plan.ts';
import { addProgress, emptyProgress } from '../core/progress.ts';
import { allot, type ShardPlace } from '../core/shards.ts';
import { isLong } from './dispatch.ts';
import {
  closeSignal,
  RUN_LIMITS,
  shardSignal,
  slotsSignal,
  type Carried,
  type JobSetting,
  type ShardNews,
} from './messages.ts';
import type { TrialRunner } from './trial-runner.ts';
import { shard } from './shard.ts';

const UNTIL_CLOSED = '200 milliseconds';

export interface Shards extends JobSetting {
  slots: number;
  carried: Carried | undefined;
  onProgress(): void;
}

export function shards(given: Shards): TrialRunner {
  const { sweepId, spec, science, trainQueue, cache, ahead, lanes, limits, carried, onProgress } = given;
  const { trials } = limits ?? RUN_LIMITS;
  let { slots } = given;
  const total = countWithin(spec);
  const { workflowId: root, firstExecutionRunId: rootRun } = workflowInfo();
  let running: ShardPlace[] = carried?.shards ?? [];
  let next = carried?.next ?? 0;
  let progress = carried?.progress ?? emptyProgress(countTrials(spec));
  let closed = false;
  let failure: string | undefined;
  let news = 0;

  const idOf = ({ from, to }: ShardPlace) => `${root}/${rootRun.slice(0, 8)}/${from}-${to}`;
  const tell = async (
    place: ShardPlace,
    send: (handle: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
  ) => {
    await send(getExternalWorkflowHandle(idOf(place))).catch(() => {}); // it has just ended, and its last news is on the way
  };

  /** Shards outlive a sweep that was terminated: one of another sweep has no say here, and is to end. */
  function dismiss(id: string): void {
    getExternalWorkflowHandle(id)
      .signal(closeSignal)
      .catch(() => {}); // it just has
  }

  function hear(given: ShardNews): void {
    if (newsProblem(given) !== undefined) return; // of whomever
    const { from, sender, left, ended, error } = given;
    if (sender !== undefined && sender.rootRun !== rootRun) {
      if (ended === undefined) dismiss(sender.id);
      return;
    }
    news++;
    const place = running.find((one) => one.from === from);
    if (place === undefined) return; // of an earlier life
    if (left !== undefined) running = running.map((one) => (one === place ? { ...one, left } : one));
    if (ended === undefined) return;
    running = running.filter((one) => one !== place);
    progress = addProgress(progress, ended, spec.objective.goal);
    failure ??= error;
    onProgress();
  }

  async function start(place: ShardPlace): Promise<void> {
    const { from, to } = place;
    const begin = () =>
      startChild(shard, {
        workflowId: idOf(place),
        args: [
          {
            sweepId,
            spec,
            science,
            trainQueue,
            cache,
            ahead,
            ...(lanes !== undefined && { lanes }),
            ...(limits && { limits }),
            root,
            rootRun,
            from,
            to,
            slots: place.slots,
          },
        ],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `trials ${from} to ${to - 1} of ${total}`,
      });
    let child: Awaited<ReturnType<typeof begin>> | undefined;
    while (child === undefined) {
      child = await begin().catch(async (error: unknown) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        await sleep(UNTIL_CLOSED); // that of the sweep before it was extended or started again: it says that it has ended, and then closes
        return undefined;
      });
    }
    child
      .result()
      .catch((error: Error) =>
        hear({ from, ended: emptyProgress(0), error: `the workflow of trials ${from} to ${to - 1}: ${error.message}` }),
      );
  }

  /** Begins the next shard as soon as those that run have begun all their trials, and gives each its slots. */
  async function arrange(): Promise<void> {
    const begun = running;
    if (next < total && running.every(({ left }) => left !== undefined)) {
      const to = Math.min(next + trials, total);
      running = [...running, { from: next, to, slots: 0 }];
      next = to;
    }
    const wanted = allot(slots, running);
    const changed = running.filter((place, i) => place.slots !== wanted[i] && begun.includes(place));
    const places = running.map((place, i) => ({ place, slots: wanted[i] ?? 0 }));
    running = places.map(({ place, slots: share }) => ({ ...place, slots: share }));
    const fresh = running.slice(begun.length);
    await Promise.all([
      ...places
        .filter(({ place }) => changed.includes(place))
        .map(({ place, slots: share }) => tell(place, (handle) => handle.signal(slotsSignal, share))),
      ...fresh.map(start),
    ]);
  }

  async function work(): Promise<'done' | 'closed' | 'continue'> {
    for (;;) {
      const seen = news;
      if (failure !== undefined) throw ApplicationFailure.nonRetryable(failure, 'ShardFailed'); // any other error would be tried again for ever
      if (closed) return 'closed';
      if (isLong(given)) return 'continue';
      await CancellationScope.nonCancellable(arrange);
      if (running.length === 0 && next >= total) return 'done';
      await condition(() => news !== seen);
    }
  }

  return {
    setSlots(wanted) {
      slots = wanted;
      news++;
    },
    close() {
      closed = true;
      news++;
    },
    progress: () => progress,
    shards: () => running.map(idOf),
    carry: () => ({ progress, next, shards: running }),
    async drive() {
      setHandler(shardSignal, hear); // here, because news that wait since the run before are heard at once
      let end: 'done' | 'closed' | 'continue' | undefined;
      try {
        end = await work();
        return end;
      } finally {
        if (end !== 'continue') {
          await CancellationScope.nonCancellable(async () => {
            await Promise.all(running.map((place) => tell(place, (handle) => handle.signal(closeSignal))));
            await condition(() => running.length === 0);
          });
        }
      }
    },
  };
}
