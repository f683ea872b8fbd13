import { Command } from 'commander';
import { interruptSignal } from '../../interrupt.ts';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function watchCommand(): Command {
  return new Command('watch')
    .description(
      'look on while a sweep runs, as sweep start does; ^C leaves it running. Of a sweep that has ended it shows the results',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print one JSON object a line: events start, trial, progress, end'))
    .action(async (given: string, options: RunsOptions) => {
      const { watch } = await import('./run.ts');
      await watch(given, options, interruptSignal());
    });
}
