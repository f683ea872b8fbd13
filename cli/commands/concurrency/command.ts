import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function concurrencyCommand(): Command {
  return new Command('concurrency')
    .description(
      'let so many jobs of a sweep run at a time, from now on. Fewer than now: the youngest save a checkpoint and wait',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .argument('<jobs>', 'a whole number, 1 or more')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, jobs: string, options: RunsOptions) => {
      const { concurrency } = await import('./run.ts');
      await concurrency(given, jobs, options);
    });
}
