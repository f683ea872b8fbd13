/** Edits that bring back what the run folder was blind to. */
import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'a result that has lost its files counts as one',
    file: 'store/runs.ts',
    find: 'return missing === undefined ? result :',
    replace: 'return missing !== \'\' ? result :',
    noticedBy: ['test/lost-files.test.ts'],
  },
  {
    what: 'a trial of which nothing was seen is trained again in every older run folder',
    file: 'store/runs.ts',
    find: 'observationsIn(network) === 0',
    replace: 'observationsIn(network) < 0',
    noticedBy: ['test/lost-files.test.ts'],
  },
  {
    what: 'what another sweep\'s files are like keeps a trial from being trained',
    file: 'store/runs.ts',
    find: 'await takeTrial(store, other, trialId, origin).catch(() => undefined)',
    replace: 'await takeTrial(store, other, trialId, origin)',
    noticedBy: ['test/lost-files.test.ts'],
  },
];
