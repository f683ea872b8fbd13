import { Command } from 'commander';
import { interruptSignal } from '../../interrupt.ts';
import { jsonOption, runsOption } from '../../options.ts';
import type { LogsOptions } from './run.ts';

export function logsCommand(): Command {
  return new Command('logs')
    .description(
      'what a trial has said: what its program has printed in its latest attempt, the beginning and the end of it; of a network, its evaluations',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .argument('<trial>', 'the trial: the start of its id, or its label as in "lstm learning rate 0.01 seed 1"')
    .option('-f, --follow', 'go on until the trial has ended, or ^C')
    .addOption(runsOption())
    .addOption(jsonOption('print one JSON object a line: what was said since the one before'))
    .action(async (sweep: string, trial: string, options: LogsOptions) => {
      const { logs } = await import('./run.ts');
      await logs(sweep, trial, options, interruptSignal());
    });
}
