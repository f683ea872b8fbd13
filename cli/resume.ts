import { Command } from 'commander';
import { jsonOption, runsOption } from './options.ts';

interface Options {
  runs: string;
  json?: boolean;
}

export function resumeCommand(): Command {
  return new Command('resume')
    .description('let a paused sweep go on from its checkpoints')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: Options) => {
      const { resume } = await import('./actions/control.ts');
      await resume(given, options);
    });
}
