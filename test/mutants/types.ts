/** An edit that breaks the code in one place, and the tests that must notice it. */
export interface Mutant {
  /** What is broken, as one would tell it: 'a diverged trial may be best'. */
  what: string;
  /** The file that is edited, from the root of the checkout. */
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replace: string;
  /** Test files of which at least one must fail with the edit; all of them pass without it. */
  noticedBy: readonly string[];
}
