import { Command } from 'commander';
import { jsonOption, runsOption, type RunsOptions } from '../../options.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'say why a trial of an adaptive sweep was started, promoted or stopped, with the numbers; and prove it by making every decision again',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .argument('<trial>', 'the trial: the start of its id, or its label as in "lstm learning rate 0.01 seed 1"')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (sweep: string, trial: string, options: RunsOptions) => {
      const { explain } = await import('./run.ts');
      await explain(sweep, trial, options);
    });
}
