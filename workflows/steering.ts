/**
 * Steering a sweep while it runs: what people have set, what becomes of it, and what may no longer be set. All of it is
 * state of one run of the sweep's workflow; the handlers that call it are in sweep.ts.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { SWEEP_ATTRIBUTES } from '../core/attributes.ts';
import { concurrencyProblem, retryProblem, type Control } from '../core/control.ts';
import { extensionProblem } from '../core/extend.ts';
import { formProblem } from '../core/form/check.ts';
import { isAdaptive } from '../core/plan.ts';
import { summaryOf } from '../core/progress.ts';
import type { SweepSpec } from '../core/spec.ts';
import { bookkeeping } from './activities.ts';
import { MOST_IN_FLIGHT, WINDOW, type UpdateResult, type SweepInput, type SweepProgress } from './messages.ts';
import type { TrialRunner } from './trial-runner.ts';

/** Why a sweep is not to be changed now, as an error that the client knows. */
export const refuse = (problem: string | undefined, type = 'Refused') => {
  if (problem !== undefined) throw ApplicationFailure.nonRetryable(problem, type);
};

export class Steering {
  readonly runner: TrialRunner;
  readonly startedAt: string;
  private readonly input: SweepInput;
  /** Jobs at a time, whatever people say. */
  private readonly most: number;
  private control: Control;
  /** What the next run is to begin with, once somebody has extended the sweep or retries what failed. */
  private again: SweepInput | undefined;
  private isEnding = false;
  /** Changes are written to the run folder one after the other, each as things are when its turn comes. */
  private recording: Promise<void> = Promise.resolve();

  /** `begin`: how its trials are run, so many jobs at a time at first. */
  constructor(input: SweepInput, begin: (input: SweepInput, slots: number, onProgress: () => void) => TrialRunner) {
    this.input = input;
    this.control = input.control;
    this.startedAt = input.carried?.startedAt ?? new Date().toISOString();
    this.most = isAdaptive(input.spec) && patched('most in flight') ? MOST_IN_FLIGHT : Infinity; // shards keep to theirs by themselves
    this.runner = begin(input, this.slots(), () => this.show(this.state()));
  }

  /** What clients are told. */
  progress(): SweepProgress {
    return { ...this.runner.progress(), ...this.control, shards: this.runner.shards() };
  }
  answer(): SweepProgress {
    return { ...this.progress(), ...(this.isEnding && { ending: true }) };
  }
  /** Shows in the Temporal UI how it goes, and lets it be found by that. */
  publish(status: string = this.state()): void {
    this.show(status);
    const { best } = this.runner.progress();
    if (this.input.searchAttributes)
      upsertSearchAttributes([
        { key: SWEEP_ATTRIBUTES.status, value: status },
        ...(best ? [{ key: SWEEP_ATTRIBUTES.best, value: best.objective }] : []),
      ]);
  }

  async change(next: Partial<Control>): Promise<UpdateResult> {
    const changed = Object.entries(next).some(([key, value]) => this.control[key as keyof Control] !== value);
    this.control = { ...this.control, ...next };
    this.runner.setSlots(this.slots());
    this.publish();
    const { sweepId } = this.input;
    this.recording = this.recording.then(() => bookkeeping.recordControl({ sweepId, control: this.control }));
    await this.recording;
    return { changed };
  }
  extend(spec: SweepSpec): Promise<UpdateResult> {
    return this.restart({ ...this.begun(), spec });
  }
  retry(): Promise<UpdateResult> {
    return this.restart(this.begun());
  }

  // What may be changed now: validators, which throw.
  checkOpen(): void {
    refuse(this.isEnding ? `${this.input.sweepId} is just ending` : undefined, 'Ending');
  }
  checkConcurrency(jobs: number): void {
    this.checkOpen();
    refuse(concurrencyProblem(jobs));
  }
  checkExtension(next: SweepSpec): void {
    this.checkOpen();
    refuse(formProblem(next) ?? extensionProblem(this.begun().spec, next));
  }
  checkRetry(): void {
    this.checkOpen();
    if (this.runner.shards().length > 0) return; // what failed in a shard is its own to know
    refuse(retryProblem(this.runner.progress()));
  }

  /** Whether the next run begins anew. */
  beginsAgain(): boolean {
    return this.again !== undefined;
  }
  /** What the next run is given. `goesOn`: from where this one is, unless somebody wants it to begin again. */
  next(goesOn: boolean): SweepInput {
    if (this.beginsAgain() || !goesOn) return this.begun();
    const carried = { ...this.runner.carry(), startedAt: this.startedAt };
    return { ...this.input, control: this.control, carried };
  }
  /** Until what is being written down is, or has failed to be. */
  recorded(): Promise<void> {
    return CancellationScope.nonCancellable(() => this.recording.catch(() => {}));
  }
  /** Writes the end down; undefined if results are lost, and have to be trained again first. */
  finish(status: 'completed' | 'cancelled' | 'failed', message?: string, whole = false) {
    return CancellationScope.nonCancellable(async () => {
      this.isEnding = true;
      const { total, completed, diverged, failed, stopped } = this.runner.progress();
      const counts = { total, completed, diverged, failed, ...(stopped > 0 && { stopped }) };
      const outcome = { state: status, ...counts, at: new Date().toISOString(), ...(message && { message }) };
      const { lost } = await bookkeeping.finish({ sweepId: this.input.sweepId, outcome, whole });
      if (lost > 0) return undefined;
      this.publish(status);
      await condition(allHandlersFinished);
      return this.progress();
    });
  }

  private state(): 'paused' | 'running' {
    return this.control.paused ? 'paused' : 'running';
  }
  private slots(): number {
    const { spec, ahead } = this.input;
    if (this.control.paused) return 0;
    const wanted = this.control.maxConcurrent ?? spec.budget.maxConcurrent ?? (isAdaptive(spec) ? ahead : WINDOW);
    return Math.min(this.most, wanted);
  }
  private show(status: string): void {
    const { best } = this.runner.progress();
    const { maxConcurrent } = this.control;
    const { metric } = this.input.spec.objective;
    const limit = maxConcurrent === undefined ? '' : ` · at most ${maxConcurrent} at a time`;
    const top = best ? `\n\nBest trial: ${metric} **${best.objective}** (${best.label}, \`${best.trialId}\`)` : '';
    setCurrentDetails(`**${status}** · ${summaryOf(this.runner.progress())}${limit}${top}`);
  }
  /** A run that decides everything anew, as people have set it by now. */
  private begun(): SweepInput {
    const { carried: _, ...rest } = this.again ?? this.input;
    return { ...rest, control: this.control, fresh: true };
  }
  private async restart(next: SweepInput): Promise<UpdateResult> {
    this.again = next;
    const { sweepId } = this.input;
    this.recording = this.recording.then(() =>
      CancellationScope.nonCancellable(() => bookkeeping.reopen({ sweepId, spec: next.spec })),
    );
    await this.recording;
    this.runner.close();
    return { changed: true };
  }
}
