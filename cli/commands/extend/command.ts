import { Command } from 'commander';
import type { ExtendOptions } from './run.ts';
import { interruptSignal } from '../../interrupt.ts';
import { backendOption, collect, jsonOption, runsOption, slotsOption } from '../../options.ts';

export function extendCommand(): Command {
  return new Command('extend')
    .description(
      'add to a sweep that runs or has ended: values, repeats, trials, steps. What is finished is kept; trials that now have more\n' +
        'steps go on from where they ended',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .requiredOption(
      '--set <path=value>',
      'a value that is to be more than before, as in --set repeats=5 or --set training.maxSteps=20000; may be repeated',
      collect,
    )
    .addOption(backendOption())
    .addOption(slotsOption('--workers <n>'))
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: ExtendOptions) => {
      const { extend } = await import('./run.ts');
      await extend(given, options, interruptSignal());
    });
}
