/**
 * `npm run test:mutants [-- --jobs 2 AREA…]`: breaks the code in one place after another and sees whether the tests
 * notice. An area is a file of this folder; left out: all. Ends with 1 if a mutant survived, its text is not found
 * once, or a test fails without any.
 */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { judgeMutants, readMutants, type Verdict } from '../support/mutants.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string', default: String(availableParallelism()) } },
});
const say = (line: string) => process.stdout.write(`${line}\n`);

function wordsOf(verdict: Verdict): string {
  if ('killed' in verdict) return `killed by ${basename(verdict.by, '.test.ts')}: ${verdict.killed}`;
  return 'survived' in verdict ? 'SURVIVED' : `UNUSABLE: ${verdict.unusable}`;
}

const mutants = await readMutants(positionals);
const counts = { killed: 0, survived: 0, unusable: 0 };
const width = Math.max(...mutants.map(({ area, what }) => area.length + what.length + 2));
say(`${mutants.length} mutants, ${values.jobs} at a time; first their tests without any`);
const good = await judgeMutants(mutants, {
  jobs: Number(values.jobs),
  onBroken: (file, output) => say(`${file} fails without a mutant:\n${output.slice(-2000)}`),
  onVerdict({ area, what }, verdict) {
    counts['killed' in verdict ? 'killed' : 'survived' in verdict ? 'survived' : 'unusable']++;
    say(`${`${area}: ${what}`.padEnd(width)}  ${wordsOf(verdict)}`);
  },
});
say(
  `\n${Object.entries(counts)
    .map(([word, count]) => `${count} ${word}`)
    .join(', ')}`,
);
process.exitCode = good ? 0 : 1;
