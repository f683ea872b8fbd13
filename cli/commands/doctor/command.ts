import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show every part that sweep uses: its version, where it is, and what to do about what is missing')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (options: RunsOptions) => {
      const { doctor } = await import('./run.ts');
      await doctor(options);
    });
}
