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
  {
    what: 'folders of cache and state are made as the umask has it',
    file: 'setup/private.ts',
    find: 'mkdir(path, { recursive: true, mode: PRIVATE })',
    replace: 'mkdir(path, { recursive: true })',
    noticedBy: ['test/private.test.ts'],
  },
  {
    what: 'programs are taken from a cache that another user made',
    file: 'setup/private.ts',
    find: 'stats.uid !== uid && stats.uid !== 0',
    replace: 'false',
    noticedBy: ['test/private.test.ts'],
  },
  {
    what: 'programs are taken from a cache that every user may write to',
    file: 'setup/private.ts',
    find: '(stats.mode & 0o002) !== 0',
    replace: 'false',
    noticedBy: ['test/private.test.ts'],
  },
  {
    what: 'a state folder that was open stays open',
    file: 'setup/private.ts',
    find: 'chmodSync(path, PRIVATE);',
    replace: '',
    noticedBy: ['test/private.test.ts'],
  },
];
