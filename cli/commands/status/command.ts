import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'how the sweeps of the runs folder are, or one of them. Works without a server: the runs folder alone tells most',
    )
    .argument('[id]', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string | undefined, options: RunsOptions) => {
      const { statusOfAll, statusOfOne } = await import('./run.ts');
      await (given === undefined ? statusOfAll(options) : statusOfOne(given, options));
    });
}
