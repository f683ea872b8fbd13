import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function cancelCommand(): Command {
  return new Command('cancel')
    .description(
      'end a sweep: trials in training save a checkpoint, finished ones are kept and reported; sweep start goes on with the rest',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: RunsOptions) => {
      const { cancel } = await import('./run.ts');
      await cancel(given, options);
    });
}
