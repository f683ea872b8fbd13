/** The end of an attempt: why we end the program before it ends by itself, and what that comes to. */
import { ComputingFailed } from '../failures.ts';
import type { Attempt, ProgramEnd } from './attempt.ts';
import type { Group } from './group.ts';
import type { Output } from './output.ts';

const LAST_LINES = 5;

/** Why we end it. `passed`: it went beyond the step that was asked for. */
export type Reason = { as: 'stopped' | 'passed' } | { as: 'diverged'; step: number } | { as: 'failed'; why: string };

/** Ends a group for the first reason that comes up. */
export class Ending {
  reason: Reason | undefined;
  private readonly group: Group;
  private readonly graceMs: number;
  private readonly onBegin: () => void;
  private killAt = Infinity;

  /** `graceMs`: how long it may take to end once it is asked to, if what it still says counts. */
  constructor(group: Group, graceMs: number, onBegin: () => void) {
    this.group = group;
    this.graceMs = graceMs;
    this.onBegin = onBegin;
  }

  begin(reason: Reason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    const grace = this.isFinal() ? 0 : this.graceMs;
    this.killAt = performance.now() + grace;
    if (grace > 0) this.group.signal('SIGTERM');
    this.onBegin();
  }
  /** Kills the group if its time is over. */
  async enforce(now: number): Promise<void> {
    if (now < this.killAt) return;
    await this.group.kill();
    this.killAt = Infinity;
  }
  /** What it may still say counts for nothing. */
  isFinal(): boolean {
    return this.reason?.as === 'diverged' || this.reason?.as === 'failed';
  }
}

export interface Standing {
  attempt: Attempt;
  reason: Reason | undefined;
  /** The last whole point's step. */
  last: number;
  output: Output;
}

/** How the attempt ended, once its first process did. Throws what it failed of. */
export function endOf(
  { code, signal }: Awaited<Group['ended']>,
  { attempt, reason, last, output }: Standing,
): ProgramEnd {
  const { toStep, maxSteps } = attempt;
  if (reason?.as === 'diverged') return { status: 'diverged', step: reason.step };
  const printed = output.last(LAST_LINES).join(' | ');
  const lastly = printed === '' ? 'it printed nothing' : `it printed last: ${printed}`;
  const name = attempt.command.join(' ');
  const after = last === 0 ? 'before its first step' : `after step ${last} of ${toStep}`;
  if (reason?.as === 'failed') throw new ComputingFailed(`${name} ${reason.why}, ${after}; ${lastly}`);
  const isThere = last >= toStep;
  if ((code === 0 || reason?.as === 'passed') && isThere)
    return { status: toStep >= maxSteps ? 'completed' : 'paused', step: last };
  if (reason?.as === 'stopped') return { status: 'paused', step: last };
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  if (code !== 0) throw new ComputingFailed(`${name} ${how} ${after}; ${lastly}`);
  const needed = `needed: ${attempt.metrics.join(', ')} of step ${toStep}`;
  throw new ComputingFailed(
    last === (attempt.resume?.step ?? 0)
      ? `${name} ended without a metric; ${needed}; ${lastly}`
      : `${name} ended ${after}; ${needed}; ${lastly}`,
  );
}
