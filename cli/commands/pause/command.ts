import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function pauseCommand(): Command {
  return new Command('pause')
    .description(
      'hold a sweep: trials in training save a checkpoint, and none is begun until sweep resume. It stays so over restarts',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: RunsOptions) => {
      const { pause } = await import('./run.ts');
      await pause(given, options);
    });
}
