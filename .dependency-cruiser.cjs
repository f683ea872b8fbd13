// Imports point one way. Each folder with the folders it may import; nobody may import the ones that do not list it.
const mayImport = {
  core: [],
  store: ['core'],
  engine: ['core'], // what computes: knows no network
  models: ['engine', 'core'], // equations
  trainer: ['models', 'engine', 'store', 'core'],
  reports: ['models', 'trainer', 'store', 'core'], // of trainers, what everybody knows of their kinds
  'sweep-file': ['models', 'core', 'reports/figures'], // figures have names that a sweep file gives
  activities: ['reports', 'trainer', 'store', 'core'],
  workflows: ['core'], // and the types of activities, below
  setup: ['engine', 'core'],
  server: ['setup', 'core'],
  orchestrate: [
    'server',
    'setup',
    'sweep-file',
    'activities',
    'workflows',
    'reports',
    'trainer',
    'models',
    'engine',
    'store',
    'core',
  ], // the application
  bench: ['orchestrate', 'server', 'setup', 'activities', 'trainer', 'models', 'engine', 'store', 'core'],
  cli: [
    'bench',
    'orchestrate',
    'server',
    'setup',
    'sweep-file',
    'activities',
    'workflows',
    'reports',
    'trainer',
    'models',
    'engine',
    'store',
    'core',
  ],
};
const folders = Object.keys(mayImport).join('|');

const directions = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `${folder}/ imports ${allowed.length === 0 ? 'no other folder' : `${allowed.join(', ')} and nothing else of ours`}`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: {
    path: `^(${folders})/`,
    pathNot: [folder, ...allowed].map((other) => `^${other}/`),
    ...(folder === 'workflows' && { dependencyTypesNot: ['type-only'] }),
  },
}));

module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'workflow-types',
      comment: 'even the types that a workflow takes are of activities or core',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: `^(${folders})/`, pathNot: '^(workflows|activities|core)/' },
    },
    { name: 'no-circle', comment: 'nor of types alone', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-core',
      comment: 'core/ runs inside workflows: no Node API',
      severity: 'error',
      from: { path: '^(core|workflows)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-packages',
      comment: 'core/ takes pure packages only; each is a line here',
      severity: 'error',
      from: { path: '^core/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional'],
        pathNot: 'node_modules/(canonicalize|@noble/hashes)/',
      },
    },
    {
      name: 'workflow-packages',
      comment: 'workflow code is replayed: no zod, no models, nothing but the workflow SDK',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional'],
        pathNot: 'node_modules/@temporalio/(workflow|common)/',
      },
    },
    {
      name: 'science-without-disk',
      comment:
        'engine/ and models/ have no disk, no network, no processes; a backend loads its library, a recording goes through a file',
      severity: 'error',
      from: { path: '^(engine|models)/', pathNot: '^engine/(backends|replay)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(timers/promises|node:timers/promises)$' },
    },
    {
      name: 'devices-behind-their-door',
      comment: 'recording, rewrites and lanes know no device; devices.ts has a line for each',
      severity: 'error',
      from: { path: '^(engine|models|trainer)/', pathNot: '^engine/replay/(devices[.]ts$|(tensorflow|onnx)/)' },
      to: { path: '^engine/replay/(tensorflow|onnx)/' },
    },
    {
      name: 'temporal-stays-outside',
      comment: 'what is learned, kept and shown does not know who runs it',
      severity: 'error',
      from: { path: '^(core|engine|models|trainer|store|reports|sweep-file|setup)/' },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'book-knows-no-network',
      comment: 'a kind of trainer knows trainer/, which knows none; the registry alone says which there are',
      severity: 'error',
      from: { path: '^trainer/[^/]+[.]ts$', pathNot: '^trainer/kinds[.]ts$' },
      to: { path: '^(trainer/[^/]+/|models/|engine/)' },
    },
    { name: 'no-missing', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared',
      comment: 'declare it in package.json',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^engine/backends/tfjs-node/' }, // of others
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
