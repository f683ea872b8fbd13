/**
 * An adaptive sweep: every result may change what is trained next. core/adaptive.ts drives it; here that meets jobs and
 * the record.
 */
import { CancellationScope } from '@temporalio/workflow';
import {
  adaptiveDriver,
  type AdaptiveDriver,
  type AdaptiveState,
  type RecordEntry,
  type Turn,
} from '../core/adaptive.ts';
import { countTrials, type PlannedTrial } from '../core/plan.ts';
import { emptyProgress, withOutcome, withStopped } from '../core/progress.ts';
import type { SweepSpec } from '../core/spec.ts';
import { bookkeeping, trainer, type Job } from './activities.ts';
import { dispatcher } from './dispatch.ts';
import type { Carried, JobSetting } from './messages.ts';
import type { TrialRunner } from './trial-runner.ts';

export interface Adaptive extends JobSetting {
  slots: number;
  carried: Carried | undefined;
  fresh?: true;
  onProgress(): void;
}

interface TurnJob extends Job {
  turn: Turn;
}

/** The last rung is a trial's own end, wherever the space puts that. */
function toStepOf({ training }: SweepSpec, turn: Turn, { trial }: PlannedTrial): number {
  return turn.toStep >= training.maxSteps ? trial.training.maxSteps : Math.min(turn.toStep, trial.training.maxSteps);
}

/**
 * Entries go to the run folder in their order, as many at a time as have come up meanwhile; `from` is the number of the
 * first.
 */
function recorder(sweepId: string, from: number) {
  let entries: RecordEntry[] = [];
  let writing: Promise<void> = Promise.resolve();
  async function writeAll(): Promise<void> {
    while (entries.length > 0) {
      const batch = { sweepId, from, entries };
      from += entries.length;
      entries = [];
      await bookkeeping.recordDecisions(batch);
    }
  }
  return {
    add(entry: RecordEntry | undefined) {
      if (entry !== undefined) entries.push(entry);
    },
    /** Until all is written. */
    write(): Promise<void> {
      writing = writing.then(() => CancellationScope.nonCancellable(writeAll)); // one after the other: entries that came meanwhile too
      return writing;
    },
  };
}

export function adaptive(given: Adaptive): TrialRunner {
  const { sweepId, spec, carried, fresh, onProgress } = given;
  const { goal } = spec.objective;
  const train = trainer(given);
  let progress = carried?.progress ?? emptyProgress(countTrials(spec));
  let begun: { driver: AdaptiveDriver; record: ReturnType<typeof recorder> } | undefined;
  function begin(state: AdaptiveState): void {
    begun = { driver: adaptiveDriver(spec, { state }), record: recorder(sweepId, state.entries) };
  }
  if (carried?.adaptive !== undefined) begin(carried.adaptive);
  const known = () => {
    if (begun === undefined) throw new Error('the adaptive state is read before anything is handed out');
    return begun;
  };

  const dispatch = dispatcher<TurnJob>(given, {
    take() {
      const { driver, record } = known();
      const next = driver.next();
      if (next === undefined) return undefined;
      record.add(next.entry);
      const trial = driver.trialOf(next.turn);
      // What has come far goes first: it is what the next decisions wait for.
      return {
        lanes: [trial],
        toStep: toStepOf(spec, next.turn, trial),
        priority: Math.max(1, 5 - next.turn.rung),
        rung: next.turn.rung,
        turn: next.turn,
      };
    },
    async run(job) {
      const { driver, record } = known();
      for (const outcome of await train(job)) {
        const taken = driver.take(job.turn, { objective: outcome.objective, ended: outcome.status !== 'paused' });
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
    carry: () => ({ progress, next: 0, shards: [], adaptive: known().driver.state() }),
    async drive() {
      if (begun === undefined) {
        const found = await bookkeeping.resumeAdaptive({ sweepId, spec, ...(fresh && { fresh }) });
        begin(found.state);
        progress = found.progress;
        onProgress();
      }
      try {
        return await dispatch.drive();
      } finally {
        await known().record.write();
      }
    },
  };
}
