import { Command } from 'commander';
import type { ReportOptions } from './actions/report.ts';
import { jsonOption, runsOption } from './options.ts';

export function reportCommand(): Command {
  return new Command('report')
    .description('write the report of a sweep, or verify it: rebuild it from the data and compare every byte')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .option('--out <dir>', 'write (or verify) the report here instead of in the sweep\'s folder')
    .option('--verify', 'write nothing; exit with 1 and name the files if the report does not follow from the data')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: ReportOptions) => {
      const { report } = await import('./actions/report.ts');
      await report(given, options);
    });
}
