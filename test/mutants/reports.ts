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
  {
    what: 'marks of direction reach the report',
    file: 'reports/visible.ts',
    find: '(?![\\uFE00-\\uFE0F])[\\p{Cc}\\p{Cf}',
    replace: '(?![\\uFE00-\\uFE0F])[\\p{Cc}',
    noticedBy: ['test/escapes.test.ts'],
  },
  {
    what: 'the page shows text as it comes',
    file: 'reports/html.ts',
    find: 'oneLine(text).replace(',
    replace: 'text.replace(',
    noticedBy: ['test/escapes.test.ts'],
  },
  {
    what: 'names after an @ are mentions',
    file: 'reports/markdown.ts',
    find: '(?<!\\w)@(?=\\w)|@(?=[\\w-]+\\.)|',
    replace: '',
    noticedBy: ['test/escapes.test.ts'],
  },
  {
    what: 'a folder may end the block of code that names it',
    file: 'reports/markdown.ts',
    find: 'run.length + 1',
    replace: '3',
    noticedBy: ['test/escapes.test.ts'],
  },
  {
    what: 'a book of UTF-16 is one of NULs',
    file: 'spec/corpora.ts',
    find: "text.includes('\\0')",
    replace: 'text.length < 0',
    noticedBy: ['test/corpora.test.ts'],
  },
];
