/** The limits of a program: how long it may be silent, how much memory and how long a metrics file it may have. */
import { stat } from 'node:fs/promises';
import type { Attempt } from './attempt.ts';
import type { Ending } from './ending.ts';
import { takenBy, type Group, type Taken } from './group.ts';
import type { Streams } from './streams.ts';

/** Of a processor: far more than a process needs that waits. */
const SHARE = 0.01;
const MOST_METRICS = 512 * 2 ** 20;

export interface LimitsOptions {
  attempt: Attempt;
  group: Group;
  metricsFile: string;
  streams: Streams;
  /** Begun when it is beyond a limit. */
  ending: Ending;
  /** It says something, or computes, or is on its way to its end. */
  onAlive(): void;
}

export class Limits {
  private readonly options: LimitsOptions;
  private before = { at: performance.now(), seconds: 0 };
  private seenAt: number;

  constructor(options: LimitsOptions) {
    this.options = options;
    this.seenAt = options.streams.heardAt;
  }

  /** Looks whether it lives, and within its limits. */
  async look(): Promise<void> {
    const { group, ending, onAlive } = this.options;
    if (ending.reason !== undefined) return onAlive();
    const taken = await takenBy(group.pid);
    const now = performance.now();
    const why = await this.excess(taken, now);
    if (why !== undefined) return ending.begin({ as: 'failed', why });
    if (this.isAlive(taken, now)) onAlive();
    this.before = { at: now, seconds: taken?.seconds ?? 0 };
    this.seenAt = this.options.streams.heardAt;
  }

  /** Which limit it is beyond. */
  private async excess(taken: Taken | undefined, now: number): Promise<string | undefined> {
    const { attempt, metricsFile, streams } = this.options;
    const { silence, memory } = attempt;
    const quiet = (now - streams.heardAt) / 1000;
    if (silence !== undefined && quiet >= silence) return `has said nothing for ${silence} seconds`;
    if (memory !== undefined && (taken?.bytes ?? 0) > memory)
      return `used more than the ${memory.toLocaleString('en-US')} bytes of memory that it may have`;
    const size = (await stat(metricsFile).catch(() => undefined))?.size ?? 0;
    return size > MOST_METRICS ? 'has written more than 512 MiB to SWEEP_METRICS' : undefined;
  }
  /** Says something, or computes; where it may be silent for so long only, it lives until then. */
  private isAlive(taken: Taken | undefined, now: number): boolean {
    const { attempt, streams } = this.options;
    const { at, seconds } = this.before;
    const computes = taken === undefined || taken.seconds - seconds >= (SHARE * (now - at)) / 1000;
    return streams.heardAt > this.seenAt || computes || attempt.silence !== undefined;
  }
}
