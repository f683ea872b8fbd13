import { Command } from 'commander';
import { jsonOption, runsOption } from './options.ts';

interface Options {
  runs: string;
  json?: boolean;
}

export function concurrencyCommand(): Command {
  return new Command('concurrency')
    .description(
      'let so many jobs of a sweep run at a time, from now on. Fewer than now: the youngest save a checkpoint and wait',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .argument('<jobs>', 'a whole number, 1 or more')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, jobs: string, options: Options) => {
      const { concurrency } = await import('./actions/control.ts');
      await concurrency(given, jobs, options);
    });
}
