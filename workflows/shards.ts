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
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { newsProblem } from '../core/input.ts';
import { countTrials, countWithin } from '../core/plan.ts';
import { addProgress, emptyProgress, type Progress } from '../core/progress.ts';
import { allot, type ShardPlace } from '../core/shards.ts';
import { isLong } from './dispatch.ts';
import {
  closeSignal,
  RUN_LIMITS,
  shardSignal,
  slotsSignal,
  type Carried,
  type JobSetting,
  type ShardInput,
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

type Child = ChildWorkflowHandle<typeof shard>;
type Handle = ReturnType<typeof getExternalWorkflowHandle>;
type End = Awaited<ReturnType<TrialRunner['drive']>>;

/** Shards outlive a sweep that was terminated: one of another sweep has no say here, and is to end. */
function dismiss(id: string): void {
  getExternalWorkflowHandle(id)
    .signal(closeSignal)
    .catch(() => {}); // it just has
}

/** Begins what is there already once that has closed: a shard says that it has ended, and then closes. */
async function startOnceClosed(begin: () => Promise<Child>): Promise<Child> {
  for (;;) {
    const child = await begin().catch(async (error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await sleep(UNTIL_CLOSED); // that of the sweep before it was extended or started again
      return undefined;
    });
    if (child !== undefined) return child;
  }
}

class ShardedTrials implements TrialRunner {
  private readonly given: Shards;
  private readonly total: number;
  private readonly root = workflowInfo().workflowId;
  private readonly rootRun = workflowInfo().firstExecutionRunId;
  private slots: number;
  private running: ShardPlace[];
  /** The first trial of the shard to begin next. */
  private next: number;
  private counted: Progress;
  private closed = false;
  private failure: string | undefined;
  /** Changes whenever there may be something to do. */
  private news = 0;

  constructor(given: Shards) {
    this.given = given;
    this.total = countWithin(given.spec);
    this.slots = given.slots;
    this.running = given.carried?.shards ?? [];
    this.next = given.carried?.next ?? 0;
    this.counted = given.carried?.progress ?? emptyProgress(countTrials(given.spec));
  }

  setSlots(slots: number): void {
    this.slots = slots;
    this.news++;
  }
  close(): void {
    this.closed = true;
    this.news++;
  }
  progress(): Progress {
    return this.counted;
  }
  shards(): string[] {
    return this.running.map((place) => this.idOf(place));
  }
  carry(): Omit<Carried, 'startedAt'> {
    return { progress: this.counted, next: this.next, shards: this.running };
  }

  async drive(): Promise<End> {
    setHandler(shardSignal, (news) => this.hear(news)); // here, because news that wait since the run before are heard at once
    let end: End | undefined;
    try {
      end = await this.work();
      return end;
    } finally {
      if (end !== 'continue') await CancellationScope.nonCancellable(() => this.endAll());
    }
  }

  private async work(): Promise<End> {
    for (;;) {
      const seen = this.news;
      if (this.failure !== undefined) throw ApplicationFailure.nonRetryable(this.failure, 'ShardFailed'); // any other error would be tried again for ever
      if (this.closed) return 'closed';
      if (isLong(this.given)) return 'continue';
      await CancellationScope.nonCancellable(() => this.arrange());
      if (this.running.length === 0 && this.next >= this.total) return 'done';
      await condition(() => this.news !== seen);
    }
  }

  private async endAll(): Promise<void> {
    await Promise.all(this.running.map((place) => this.tell(place, (handle) => handle.signal(closeSignal))));
    await condition(() => this.running.length === 0);
  }

  private hear(given: ShardNews): void {
    if (newsProblem(given) !== undefined) return; // of whomever
    const { from, sender, left, ended, error } = given;
    if (sender !== undefined && sender.rootRun !== this.rootRun) {
      if (ended === undefined) dismiss(sender.id);
      return;
    }
    this.news++;
    const place = this.running.find((one) => one.from === from);
    if (place === undefined) return; // of an earlier life
    if (left !== undefined) this.running = this.running.map((one) => (one === place ? { ...one, left } : one));
    if (ended === undefined) return;
    this.running = this.running.filter((one) => one.from !== from);
    this.counted = addProgress(this.counted, ended, this.given.spec.objective.goal);
    this.failure ??= error;
    this.given.onProgress();
  }

  /** Begins the next shard as soon as those that run have begun all their trials, and gives each its slots. */
  private async arrange(): Promise<void> {
    const begun = this.running;
    if (this.next < this.total && begun.every(({ left }) => left !== undefined)) {
      const to = Math.min(this.next + (this.given.limits ?? RUN_LIMITS).trials, this.total);
      this.running = [...begun, { from: this.next, to, slots: 0 }];
      this.next = to;
    }
    const wanted = allot(this.slots, this.running);
    const before = this.running;
    this.running = before.map((place, i) => ({ ...place, slots: wanted[i] ?? 0 }));
    const changed = this.running.filter((place, i) => i < begun.length && place.slots !== before[i]?.slots);
    const fresh = this.running.slice(begun.length);
    await Promise.all([
      ...changed.map((place) => this.tell(place, (handle) => handle.signal(slotsSignal, place.slots))),
      ...fresh.map((place) => this.start(place)),
    ]);
  }

  private async start(place: ShardPlace): Promise<void> {
    const { from, to } = place;
    const child = await startOnceClosed(() =>
      startChild(shard, {
        workflowId: this.idOf(place),
        args: [this.inputOf(place)],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `trials ${from} to ${to - 1} of ${this.total}`,
      }),
    );
    child
      .result()
      .catch((error: Error) =>
        this.hear({
          from,
          ended: emptyProgress(0),
          error: `the workflow of trials ${from} to ${to - 1}: ${error.message}`,
        }),
      );
  }

  private inputOf({ from, to, slots }: ShardPlace): ShardInput {
    const { sweepId, spec, science, trainQueue, origin, cache, ahead, lanes, limits } = this.given;
    const setting: JobSetting = {
      sweepId,
      spec,
      science,
      trainQueue,
      cache,
      ahead,
      ...(origin && { origin }),
      ...(lanes !== undefined && { lanes }),
      ...(limits && { limits }),
    };
    return { ...setting, root: this.root, rootRun: this.rootRun, from, to, slots };
  }

  private idOf({ from, to }: ShardPlace): string {
    return `${this.root}/${this.rootRun.slice(0, 8)}/${from}-${to}`;
  }

  private async tell(place: ShardPlace, send: (handle: Handle) => Promise<void>): Promise<void> {
    await send(getExternalWorkflowHandle(this.idOf(place))).catch(() => {}); // it has just ended, and its last news is on the way
  }
}

export const shards = (given: Shards): TrialRunner => new ShardedTrials(given);
