import tseslint from 'typescript-eslint';

const printing = { name: 'console', message: 'only cli/ prints: throw, return, or call back' };
const surroundings = { name: 'process', message: 'only cli/ knows its process: take it as an argument' };
const ending = ['exit', 'argv', 'exitCode', 'stdout', 'stderr', 'stdin'].map((property) => ({
  object: 'process',
  property,
  message: 'only cli/ reads arguments, prints and ends',
}));
// What is decided and learned knows no clock and no chance: the same input gives the same output.
const chance = [
  ['Math', 'random'],
  ['Date', 'now'],
  ['performance', 'now'],
].map(([object, property]) => ({ object, property, message: 'the same input gives the same output' }));

const syntax = [
  { selector: 'ExportDefaultDeclaration', message: 'export by name' },
  { selector: 'ClassDeclaration[superClass]:not([superClass.name="Error"])', message: 'compose instead of inheriting' },
  { selector: 'TSEnumDeclaration', message: 'a union of strings does it' },
  { selector: 'TSModuleDeclaration[kind="namespace"]', message: 'a module is a file' },
];

const edge = ['stdout', 'stderr'].map((stream) => ({
  selector: `MemberExpression[property.name="write"][object.property.name="${stream}"][object.object.name="process"]`,
  message: 'ui/output.ts prints: what somebody else wrote is made harmless there',
}));

export default tseslint.config(
  { ignores: ['node_modules/', 'runs/', 'dist/', '**/*.cjs', 'engine/backends/tfjs-node/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-syntax': ['error', ...syntax],
      eqeqeq: 'error',
      'max-len': [
        'error',
        {
          code: 120,
          ignoreUrls: true,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
          ignoreTrailingComments: true,
        },
      ],
      'prefer-const': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['cli/**', 'test/**', 'trainer/process.ts', 'activities/report-writer.ts', 'bench/workers/**'], // processes of their own
    rules: { 'no-restricted-globals': ['error', printing], 'no-restricted-properties': ['error', ...ending] },
  },
  {
    files: ['cli/**/*.ts'],
    ignores: ['cli/main.ts', 'cli/ui/output.ts'],
    rules: { 'no-restricted-syntax': ['error', ...syntax, ...edge], 'no-console': 'error' },
  },
  {
    files: ['core/**/*.ts', 'sweep-file/**/*.ts', 'engine/**/*.ts', 'models/**/*.ts', 'workflows/**/*.ts'],
    ignores: ['engine/backends/**'], // a native library takes its settings from the environment
    rules: { 'no-restricted-globals': ['error', printing, surroundings] },
  },
  {
    files: ['core/**/*.ts', 'sweep-file/**/*.ts', 'engine/**/*.ts', 'models/**/*.ts', 'reports/**/*.ts'],
    ignores: ['engine/backends/**'],
    rules: { 'no-restricted-properties': ['error', ...ending, ...chance] },
  },
  {
    files: ['examples/**/*.{ts,mts}'], // programs and sweep files of users
    rules: { 'no-restricted-globals': 'off', 'no-restricted-syntax': 'off' },
  },
  { files: ['test/replay.test.ts', 'test/upgrade.test.ts'], rules: { 'max-len': 'off' } },
);
