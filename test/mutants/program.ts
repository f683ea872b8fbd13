import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'what a program leaves behind outlives it',
    file: 'trainer/program/group.ts',
    find: '      await killMarked(folder);',
    replace: '',
    noticedBy: ['test/program/run.test.ts'],
  },
  {
    what: 'a program outlives a trainer that is killed',
    file: 'trainer/program/group.ts',
    find: 'read -r _ && exit 0',
    replace: 'read -r _; exit 0',
    noticedBy: ['test/program/run.test.ts'],
  },
  {
    what: 'a secret that comes in two pieces is kept',
    file: 'trainer/program/output.ts',
    find: 'pending.length - longest + 1',
    replace: 'pending.length',
    noticedBy: ['test/program/run.test.ts'],
  },
  {
    what: 'half a secret is shown where a line is cut',
    file: 'trainer/program/course.ts',
    find: 'const text = this.hide(given);',
    replace: 'const text = given;',
    noticedBy: ['test/program/run.test.ts'],
  },
  {
    what: 'values of a step that is over are taken',
    file: 'trainer/program/course.ts',
    find: 'const least = this.open?.step ?? this.last + 1;',
    replace: 'const least = 0;',
    noticedBy: ['test/program/run.test.ts'],
  },
  {
    what: 'NaN is no divergence',
    file: 'trainer/program/course.ts',
    find: "(found.startsWith('\"') ? found : 'null')",
    replace: "(found.startsWith('\"') ? found : '0')",
    noticedBy: ['test/program/run.test.ts'],
  },
  {
    what: 'a job may run anything',
    file: 'trainer/program/index.ts',
    find: 'hashJson(decidingOf(spec.program)) !== hashJson(trial.program)',
    replace: 'hashJson(trial.program) === ""',
    noticedBy: ['test/program/kind.test.ts'],
  },
  {
    what: "a changed file is not seen in a trial's id",
    file: 'core/plan.ts',
    find: 'files: hashJson(hashes),',
    replace: 'files: hashJson(Object.keys(hashes)),',
    noticedBy: ['test/program/form.test.ts'],
  },
  {
    what: 'a link takes a file from elsewhere into a program',
    file: 'sweep-file/files.ts',
    find: "if (real.split(sep)[0] === '..')",
    replace: 'if (false)',
    noticedBy: ['test/program/form.test.ts'],
  },
];
