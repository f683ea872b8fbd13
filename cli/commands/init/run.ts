/** `sweep init`: a first sweep file, to look at, run and change. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UserError } from '../../../core/errors.ts';
import { refused } from '../../../core/refusal.ts';
import { commandLine } from '../../../core/shell.ts';
import { ROOT } from '../../../orchestrate/code.ts';
import { say, sayJson } from '../../ui/output.ts';
import { clean } from '../../ui/text.ts';

/** The schema that editors check a sweep file by: beside the code or, in the package, beside the compiled code. */
const SCHEMA = ['.', '..'].map((up) => join(ROOT, up, 'sweeps/sweep.schema.json')).find((path) => existsSync(path));

const firstSweep = (schema: string): string => `{
  "$schema": ${JSON.stringify(schema)}, // editors then complete and check this file
  "name": "first",
  "description": "How long a palindrome can an RNN and an LSTM remember?",

  // What is learned: read a palindrome but for its last digit, and say that digit. It was the first one to be read.
  "task": { "name": "palindrome" },

  // The network, and how it is trained. What is not said here has a default: sweep list, or docs/sweep-file.md.
  "model": { "hiddenUnits": 32 },
  "training": { "learningRate": 0.005, "batchSize": 64, "maxSteps": 300, "evaluateEvery": 25, "evaluationSize": 256 },

  // What is tried: every value of one with every value of the others. A path leads into task, model or training.
  "space": {
    "model.cell": ["rnn", "lstm"],
    "task.length": [5, 10, 15]
  },

  // Each configuration is trained so often, from other random numbers: one run alone may have been lucky.
  "repeats": 2
}
`;

export async function init(file: string, { json }: { json?: boolean }): Promise<void> {
  const schema = SCHEMA === undefined ? '' : relative(dirname(resolve(file)), SCHEMA);
  try {
    await writeFile(file, firstSweep(schema.startsWith('.') ? schema : `./${schema}`), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new UserError(`${file}: is there already, and is left as it is; allowed: another name`, 2);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new UserError(`${file}: there is no folder ${dirname(file)}; make it, or name a place that is there`, 2);
    throw refused(error, file, 'name a place that you may write to');
  }
  if (json) return void sayJson({ file });
  say(`${clean(file)}: a sweep of 12 trials (2 cells × 3 lengths × 2 repeats), about a minute of training. Its comments say what is what.

  ${commandLine(['sweep', 'plan'], [file], [])}    what it would do
  ${commandLine(['sweep', 'start'], [file], [])}   run it: what it needs is installed, and at the end there is a report`);
}
