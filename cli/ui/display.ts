import type { SweepSpec } from '../../core/spec.ts';
import type { EndedTrial, View } from '../../orchestrate/view.ts';

/** What a display is told first. What is left out is not known here. */
export interface Opening {
  spec: SweepSpec;
  sweepId: string;
  total: number;
  /** It ran already: this only looks on. */
  attached: boolean;
  cached?: number;
  /**
   * Results that are not taken, or are taken though they are others than would be trained now, and why, a line each.
   */
  otherResults?: string[];
  /** It holds: nothing is trained until it is resumed. */
  paused?: boolean;
  backend?: string;
  slots?: number;
  /** Seconds. */
  estimate?: number;
  url?: string;
}

/** A command on this sweep's runs folder, as it can be pasted: 'sweep watch tiny-1a2b --runs elsewhere'. */
export type Hint = (...command: [name: string, ...operands: string[]]) => string;

/** How a sweep is shown to whoever looks on: a live terminal, plain lines, or JSON. */
export interface Display {
  open(opening: Opening): void;
  show(view: View, ended: readonly EndedTrial[]): void;
  /** The sweep has ended; `report` is the path of its report, if it has one. */
  end(view: View, report: string | undefined): void;
  /** Gives the terminal back; called once, however it ends. */
  close(): void;
}
