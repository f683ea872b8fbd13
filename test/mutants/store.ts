/** Edits that bring back what the run folder was blind to. */
import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'a result that has lost its files counts as one',
    file: 'store/runs.ts',
    find: 'return missing === undefined ? result :',
    replace: "return missing !== '' ? result :",
    noticedBy: ['test/store/lost-files.test.ts'],
  },
  {
    what: 'a trial of which nothing was seen is trained again in every older run folder',
    file: 'store/runs.ts',
    find: 'observationsIn(network) === 0',
    replace: 'observationsIn(network) < 0',
    noticedBy: ['test/store/lost-files.test.ts'],
  },
  {
    what: "what another sweep's files are like keeps a trial from being trained",
    file: 'store/runs.ts',
    find: 'await takeTrial(store, other, trialId, origin).catch(() => undefined)',
    replace: 'await takeTrial(store, other, trialId, origin)',
    noticedBy: ['test/store/lost-files.test.ts'],
  },
  {
    what: 'a result of another trial under this id verifies',
    file: 'reports/check-trial.ts',
    find: '!sciences.some((science) => trialIdIn(science, trial) === id)',
    replace: 'false',
    noticedBy: ['test/reports/verify.test.ts'],
  },
  {
    what: 'a curve that does not end in the result verifies',
    file: 'reports/check-trial.ts',
    find: 'return same(last?.metrics ?? {}, metrics) ?',
    replace: 'return last !== null ?',
    noticedBy: ['test/reports/verify.test.ts'],
  },
  {
    what: 'a network of another trial verifies',
    file: 'reports/check-trial.ts',
    find: 'curve !== undefined && !same(own, curve)',
    replace: 'curve === null',
    noticedBy: ['test/reports/verify.test.ts'],
  },
  {
    what: 'trials that are no longer there are not missed',
    file: 'reports/check.ts',
    find: 'if (ended < due)',
    replace: 'if (ended < 0)',
    noticedBy: ['test/reports/verify.test.ts'],
  },
  {
    what: 'links and hidden files verify',
    file: 'reports/check.ts',
    find: '(await store.strays?.(sweepId)) ?? []',
    replace: '[] as Stray[]',
    noticedBy: ['test/reports/verify.test.ts'],
  },
  {
    what: 'what was trained again is not compared',
    file: 'orchestrate/retrain.ts',
    find: 'Buffer.compare(there, again) === 0',
    replace: 'true',
    noticedBy: ['test/reports/verify.test.ts'],
  },
  {
    what: 'one damaged sweep hides all others from status',
    file: 'orchestrate/status.ts',
    find: "if (!(error instanceof UserError)) throw error;\n      return { sweepId, state: 'damaged'",
    replace: "if (error instanceof UserError) throw error;\n      return { sweepId, state: 'damaged'",
    noticedBy: ['test/store/one-bad-entry.test.ts'],
  },
  {
    what: 'a copy that a syncing program made of a decision hides those after it',
    file: 'store/decisions.ts',
    find: '/^\\d{9}\\.json$/.test(name)',
    replace: "name !== ''",
    noticedBy: ['test/store/one-bad-entry.test.ts'],
  },
  {
    what: 'a linked sweep is invisible',
    file: 'store/folder.ts',
    find: '  (entry.isSymbolicLink() && (await stat(join(parent, entry.name)).catch(() => undefined))?.isDirectory() === true);',
    replace:
      '  (entry.isFIFO() && (await stat(join(parent, entry.name)).catch(() => undefined))?.isDirectory() === true);',
    noticedBy: ['test/store/one-bad-entry.test.ts'],
  },
  {
    what: 'what a dead writer left stays, or what a living one writes goes',
    file: 'store/temporary.ts',
    find: '(place === PLACE && !isAlive(Number(pid)))',
    replace: '(place === PLACE && isAlive(Number(pid)))',
    noticedBy: ['test/store/one-bad-entry.test.ts'],
  },
  {
    what: 'as many files are open at a time as there are sweeps',
    file: 'store/in-turn.ts',
    find: 'if (open >= MOST_OPEN)',
    replace: 'if (open < 0)',
    noticedBy: ['test/store/one-bad-entry.test.ts'],
  },
];
