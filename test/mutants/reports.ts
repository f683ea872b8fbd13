import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'the mean of survivors may rank first',
    file: 'core/standing.ts',
    find: 'lacking(a) - lacking(b) || sign * (value(a) - value(b))',
    replace: 'sign * (value(a) - value(b))',
    noticedBy: ['test/survivors.test.ts'],
  },
  {
    what: 'repeats to come are no matter',
    file: 'core/standing.ts',
    find: 'failed + stopped + missing === 0',
    replace: 'failed + stopped === 0',
    noticedBy: ['test/survivors.test.ts'],
  },
  {
    what: 'the headline goes by survivors',
    file: 'reports/tables.ts',
    find: '!reaches(row) || !isWhole(row, solved.metric)',
    replace: '!reaches(row)',
    noticedBy: ['test/survivors.test.ts'],
  },
  {
    what: 'a row over several cells is headed with one',
    file: 'reports/tables.ts',
    find: 'across.includes(CELL) ? metric : model.cell',
    replace: 'model.cell',
    noticedBy: ['test/survivors.test.ts'],
  },
  {
    what: 'a trial that is drawn twice counts once in the report',
    file: 'core/aggregate.ts',
    find: 'known.draws = (known.draws ?? 1) + 1',
    replace: 'delete known.draws',
    noticedBy: ['test/survivors.test.ts'],
  },
];
