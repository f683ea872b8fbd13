/** How far an attempt has come: what its program says -> points, checkpoints to go on from, and warnings. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CurvePoint } from '../../core/results.ts';
import { pack } from './archive.ts';
import type { Attempt, ProgramEvent } from './attempt.ts';
import type { Said } from './course.ts';
import type { Ending } from './ending.ts';
import type { Checkpoint } from './layout.ts';

/** Of one attempt. A program that writes nonsense writes it again and again. */
const MOST_WARNINGS = 50;

export interface ProgressOptions {
  attempt: Attempt;
  /** The folder of its checkpoints. */
  checkpoints: string;
  /** Begun when what is said is a reason to. */
  ending: Ending;
  /** Takes secrets out of a line. */
  hide(line: string): string;
  /** A line of ours for the program's output. */
  note(line: string): void;
}

export class Progress {
  /** The last whole point's step. */
  last: number;
  /** The last checkpoint that may be gone on from. */
  saved: Checkpoint | undefined;
  private readonly options: ProgressOptions;
  /** A checkpoint of a step of which not all is said. */
  private waiting: Checkpoint | undefined;
  private warnings = 0;

  constructor(options: ProgressOptions) {
    this.options = options;
    this.last = options.attempt.resume?.step ?? 0;
  }

  async *take(said: Said): AsyncGenerator<ProgramEvent> {
    const { ending, note } = this.options;
    if (ending.isFinal()) return;
    if ('warning' in said) yield* this.warn(said.warning);
    else if ('checkpoint' in said) yield* this.keep(said.checkpoint);
    else if ('diverged' in said) {
      note(`${said.metric} is not finite at step ${said.diverged}`);
      ending.begin({ as: 'diverged', step: said.diverged });
    } else yield* this.reach(said);
  }
  /** A waiting checkpoint may be gone on from once all is said up to its step. `all`: no more is said. */
  *settle(all: boolean): Generator<ProgramEvent> {
    const { waiting } = this;
    if (waiting === undefined || !(all || this.last >= waiting.step)) return;
    if (waiting.step <= this.options.attempt.toStep) {
      this.saved = waiting;
      yield { savable: waiting };
    }
    this.waiting = undefined;
  }

  private *reach(said: { values: CurvePoint } | { point: CurvePoint }): Generator<ProgramEvent> {
    const { attempt, ending } = this.options;
    const { step } = 'point' in said ? said.point : said.values;
    if (step > attempt.toStep) return ending.begin({ as: 'passed' });
    if ('point' in said) this.last = step;
    yield said;
    if ('point' in said) yield* this.settle(false);
  }
  /** Packed at once: the program may remove it as soon as it has another. */
  private async *keep(step: number): AsyncGenerator<ProgramEvent> {
    const { attempt, checkpoints } = this.options;
    const refuse = (why: string) => this.warn(`checkpoint ${step} is left out: ${why}`);
    if (!attempt.resumes) return yield* refuse('the sweep file does not say "resumes": true');
    try {
      const folder = await pack(join(checkpoints, String(step)));
      if (folder.entries.length === 0) return yield* refuse(`the folder ${step} in SWEEP_CHECKPOINT is empty`);
      yield* this.settle(true);
      this.waiting = { step, folder };
      yield* this.settle(false);
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isGone && (await hasLater(checkpoints, step))) return undefined; // it is done with already
      yield* refuse(`the folder ${step} in SWEEP_CHECKPOINT ${isGone ? 'is not there' : (error as Error).message}`);
    }
    return undefined;
  }
  private *warn(message: string): Generator<ProgramEvent> {
    const { hide, note } = this.options;
    this.warnings++;
    if (this.warnings > MOST_WARNINGS) return;
    const more = this.warnings === MOST_WARNINGS ? '; further lines are not told of' : '';
    const line = hide(`${message}${more}`);
    note(line);
    yield { warning: line };
  }
}

/** Whether the program has saved a later checkpoint, and need not have kept this one. */
const hasLater = async (checkpoints: string, step: number): Promise<boolean> =>
  (await readdir(checkpoints)).some((name) => /^\d+$/.test(name) && Number(name) > step);
