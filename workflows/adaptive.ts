/** An adaptive sweep: every result may change what is trained next. The state is core/adaptive.ts; here it meets jobs and the record. */
import { CancellationScope } from '@temporalio/workflow';
import { allPutBack, nextTurn, takeOutcome, trialOfTurn, type AdaptiveState, type RecordEntry, type Turn } from '../core/adaptive.ts';
import { countTrials, type PlannedTrial } from '../core/plan.ts';
import { emptyProgress, withOutcome, withStopped } from '../core/progress.ts';
import type { SweepSpec } from '../core/spec.ts';
import { bookkeeping, trainer, type Job } from './activities.ts';
import { dispatcher } from './dispatch.ts';
import type { Carried, JobSetting } from './messages.ts';
import type { Part } from './part.ts';

export interface Adaptive extends JobSetting { slots: number; carried: Carried | undefined; fresh?: true; onProgress(): void }

interface TurnJob extends Job { turn: Turn }

/** The last rung is a trial's own end, wherever the space puts that. */
function toStepOf({ training }: SweepSpec, turn: Turn, { trial }: PlannedTrial): number {
  return turn.toStep >= training.maxSteps ? trial.training.maxSteps : Math.min(turn.toStep, trial.training.maxSteps);
}

/** Entries go to the run folder in their order, as many at a time as have come up meanwhile. */
function recorder(sweepId: string, written: () => number) {
  let entries: RecordEntry[] = [];
  let writing: Promise<void> = Promise.resolve();
  async function writeAll(): Promise<void> {
    while (entries.length > 0) {
      const batch = entries;
      const from = written() - batch.length;
      entries = [];
      await bookkeeping.recordDecisions({ sweepId, from, entries: batch });
    }
  }
  return {
    add(entry: RecordEntry | undefined) {
      if (entry === undefined) return;
      entries.push(entry);
    },
    /** Until all is written. */
    write(): Promise<void> {
      writing = writing.then(() => CancellationScope.nonCancellable(writeAll)); // one after the other: entries that came meanwhile too
      return writing;
    },
  };
}

export function adaptive(given: Adaptive): Part {
  const { sweepId, spec, carried, fresh, onProgress } = given;
  const { goal } = spec.objective;
  const train = trainer(given);
  let state: AdaptiveState | undefined = carried?.adaptive;
  let progress = carried?.progress ?? emptyProgress(countTrials(spec));
  const known = () => {
    if (state === undefined) throw new Error('the adaptive state is read before anything is handed out');
    return state;
  };
  const record = recorder(sweepId, () => known().entries);

  const dispatch = dispatcher<TurnJob>(given, {
    take() {
      const next = nextTurn(spec, known());
      if (next === undefined) return undefined;
      state = next.state;
      record.add(next.entry);
      const trial = trialOfTurn(spec, state, next.turn);
      // What has come far goes first: it is what the next decisions wait for.
      return { lanes: [trial], toStep: toStepOf(spec, next.turn, trial), priority: Math.max(1, 5 - next.turn.rung), rung: next.turn.rung, turn: next.turn };
    },
    async run(job) {
      for (const outcome of await train(job)) {
        const taken = takeOutcome(spec, known(), job.turn, outcome);
        state = taken.state;
        record.add(taken.entry);
        progress = withStopped(withOutcome(progress, outcome, job.lanes[0]?.label ?? '', goal), taken.stopped);
      }
      onProgress();
      await record.write();
    },
  });

  return {
    ...dispatch,
    progress: () => progress,
    shards: () => [],
    carry: () => ({ progress, next: 0, shards: [], adaptive: allPutBack(known()) }),
    async drive() {
      if (state === undefined) {
        const found = await bookkeeping.resumeAdaptive({ sweepId, spec, ...(fresh && { fresh }) });
        state = found.state;
        progress = found.progress;
        onProgress();
      }
      try {
        return await dispatch.drive();
      } finally {
        await record.write();
      }
    },
  };
}
