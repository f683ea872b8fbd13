/**
 * `npm run check -- KIND NAME`: types, lint and the schema, then the contracts of one entry alone, and its golden
 * numbers. For whoever adds one.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What an entry of each kind is put to. */
const files: Record<string, string[]> = {
  cell: ['test/contracts/cells.test.ts', 'test/models/science.test.ts'],
  optimizer: ['test/models/optimizers.test.ts', 'test/models/science.test.ts'],
  dimension: ['test/contracts/dimensions.test.ts'],
  search: ['test/contracts/searches.test.ts'],
  scheduler: ['test/contracts/schedulers.test.ts'],
};

const [kind = '', name = ''] = process.argv.slice(2);
const own = files[kind];
if (own === undefined || name === '') {
  console.error(`error: npm run check -- ${kind} ${name}; allowed: ${Object.keys(files).join(', ')}, and a name`);
  process.exit(2);
}

function run(what: string, command: string, args: string[], environment: Record<string, string> = {}): void {
  console.log(`${what} …`);
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, TSX_DISABLE_CACHE: '1', ...environment },
  });
  if (status !== 0) process.exit(1);
}
run('types', 'npm', ['run', '--silent', 'types']);
run('lint', 'npm', ['run', '--silent', 'lint']);
run('schema', 'npm', ['run', '--silent', 'schema']);
run(
  `contracts of ${kind} ${name}`,
  process.execPath,
  ['--import', 'tsx', '--test', '--test-reporter', 'spec', ...own],
  { SWEEP_CHECK: name },
);
