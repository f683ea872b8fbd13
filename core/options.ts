/**
 * A number that a search or a scheduler takes: sweep-file/ checks it, the JSON Schema offers it, `sweep list` shows it.
 */
export interface NumberOption {
  summary: string;
  integer: boolean;
  atLeast: number;
  atMost?: number;
  /** Left out, and not optional: the sweep file must give it. */
  default?: number;
  /** What happens where the sweep file does not give it; it is then missing among the options too. */
  optional?: string;
}
export type NumberOptions = Record<string, NumberOption>;
