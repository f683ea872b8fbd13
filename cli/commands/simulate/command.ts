import { Command, InvalidArgumentError } from 'commander';
import type { SimulateOptions } from './run.ts';
import { collect, jsonOption, runsOption } from '../../options.ts';

/** More than this is no machine that anybody has. */
const MOST_WORKERS = 100_000;

function workersOf(text: string): number {
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS)
    throw new InvalidArgumentError(`Allowed: a whole number from 1 to ${MOST_WORKERS}.`);
  return workers;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description(
      'run a sweep in virtual time under each scheduler, without training: what it would cost, and what it would find. ' +
        'Learning curves are made up, or those of a sweep that was trained',
    )
    .argument('<file>', 'the sweep file')
    .option(
      '--set <path=value>',
      'replace a value of the file, as in --set search.trials=500; may be repeated',
      collect,
    )
    .option('--workers <n>', 'trials in training at a time', workersOf, 8)
    .option(
      '--scheduler <name>',
      "this scheduler alone, with the file's options if it is the file's; may be repeated",
      collect,
    )
    .option(
      '--curves <id>',
      'curves of a finished sweep of the same trials, such as this file with scheduler "full" (left out: made-up power laws)',
    )
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (file: string, options: SimulateOptions) => {
      const { simulate } = await import('./run.ts');
      await simulate(file, options);
    });
}
