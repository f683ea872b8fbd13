import type { Mutant } from './types.ts';

export const mutants: readonly Mutant[] = [
  {
    what: 'commands run compiled code out of $TMPDIR',
    file: 'cli/bin.js',
    find: "process.env.TSX_DISABLE_CACHE = '1';",
    replace: '',
    noticedBy: ['test/code-of-others.test.ts'],
  },
  {
    what: 'trainers run compiled code out of $TMPDIR, and what the tsconfig.json of the current folder names',
    file: 'activities/trainer-pool.ts',
    find: '...env, ...typescriptEnvironment }',
    replace: '...env }',
    noticedBy: ['test/code-of-others.test.ts'],
  },
  {
    what: 'writers of reports do',
    file: 'activities/report-process.ts',
    find: 'env: { ...process.env, ...typescriptEnvironment }',
    replace: 'env: process.env',
    noticedBy: ['test/code-of-others.test.ts'],
  },
  {
    what: 'a tsconfig.json of the current folder says what the imports of trainers mean',
    file: 'activities/typescript.ts',
    find: "  TSX_TSCONFIG_PATH: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),\n",
    replace: '',
    noticedBy: ['test/code-of-others.test.ts'],
  },
  {
    what: 'pip is the one that lies in the current folder',
    file: 'setup/wheel.ts',
    find: '{ ...options, cwd: parse(command).root }',
    replace: 'options',
    noticedBy: ['test/code-of-others.test.ts'],
  },
];
