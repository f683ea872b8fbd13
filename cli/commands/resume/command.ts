import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function resumeCommand(): Command {
  return new Command('resume')
    .description('let a paused sweep go on from its checkpoints')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: RunsOptions) => {
      const { resume } = await import('./run.ts');
      await resume(given, options);
    });
}
