import { Command, InvalidArgumentError } from 'commander';
import type { ReportOptions } from './run.ts';
import { interruptSignal } from '../../interrupt.ts';
import { backendOption, jsonOption, runsOption } from '../../options.ts';

function wholeNumber(atLeast: number, atMost: number) {
  return (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(number >= atLeast && number <= atMost))
      throw new InvalidArgumentError(`Allowed: a whole number from ${atLeast} to ${atMost}.`);
    return number;
  };
}

export function reportCommand(): Command {
  return new Command('report')
    .description('write the report of a sweep, or verify it: rebuild it from the data and compare every byte')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .option('--out <dir>', "write (or verify) the report here instead of in the sweep's folder")
    .option(
      '--verify',
      'write nothing; exit with 1 and name the files if the report does not follow from the data, or the data files do not agree with each other',
    )
    .option(
      '--retrain <trials>',
      'with --verify: also train so many trials again, drawn at random, and compare every byte of them',
      wholeNumber(1, 1_000_000),
    )
    .option(
      '--seed <number>',
      'with --retrain: what decides which are drawn (left out: chance, and it is said)',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .addOption(backendOption())
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: ReportOptions) => {
      const { report } = await import('./run.ts');
      await report(given, options, interruptSignal);
    });
}
