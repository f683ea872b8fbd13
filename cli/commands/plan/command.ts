import { Command } from 'commander';
import type { PlanOptions } from './run.ts';
import { collect, jsonOption, runsOption } from '../../options.ts';

export function planCommand(): Command {
  return new Command('plan')
    .description(
      'say what a sweep would do: how many trials of which shapes, how many are cached, how long it takes. Starts nothing',
    )
    .argument('<file>', 'the sweep file')
    .option(
      '--set <path=value>',
      'replace a value of the file, as in --set training.maxSteps=500; may be repeated',
      collect,
    )
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (file: string, options: PlanOptions) => {
      const { plan } = await import('./run.ts');
      await plan(file, options);
    });
}
