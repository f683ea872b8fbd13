/** A number that a search or a scheduler takes: spec/ checks it, the JSON Schema offers it, `sweep list` shows it. */
export interface NumberOption {
  summary: string;
  integer: boolean;
  atLeast: number;
  atMost?: number;
  /** Left out: the sweep file must give it. */
  default?: number;
}
export type NumberOptions = Record<string, NumberOption>;
