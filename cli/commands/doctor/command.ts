import { Command } from 'commander';
import type { DoctorOptions } from './run.ts';
import { jsonOption, runsOption } from '../../options.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show every part that sweep uses: its version, where it is, and what to do about what is missing')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./run.ts');
      await doctor(options);
    });
}
