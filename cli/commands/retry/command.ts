import { Command } from 'commander';
import type { RetryOptions } from './run.ts';
import { interruptSignal } from '../../interrupt.ts';
import { backendOption, jsonOption, runsOption, slotsOption } from '../../options.ts';

export function retryCommand(): Command {
  return new Command('retry')
    .description('train the failed trials of a sweep again, and only those; of a sweep that runs or has ended')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(backendOption())
    .addOption(slotsOption('--workers <n>'))
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: RetryOptions) => {
      const { retry } = await import('./run.ts');
      await retry(given, options, interruptSignal());
    });
}
