import { Command, Option } from 'commander';
import { interruptSignal } from '../../interrupt.ts';
import { backendOption, jsonOption, runsOption, slotsOption } from '../../options.ts';
import type { WorkerOptions } from './run.ts';

export function workerCommand(): Command {
  return new Command('worker')
    .description(
      "train trials of the runs folder's sweeps on this machine, until ^C. For another machine: share the runs folder with it,\n" +
        'set TEMPORAL_ADDRESS there, and start a worker. The first ^C lets trials save a checkpoint, a second one ends at once',
    )
    .addOption(slotsOption('--slots <n>'))
    .addOption(backendOption())
    .option('--no-foreign-code', 'run no programs of sweeps: train networks alone')
    .addOption(runsOption())
    .option('--new', 'make the runs folder if there is none; left out: a place without one is refused')
    .addOption(jsonOption('print one JSON object a line: events ready, warning, stopping, end'))
    .addOption(
      new Option('--background', 'started by sweep start: ends by itself when there is nothing to do').hideHelp(),
    )
    .action(async (options: WorkerOptions) => {
      const { work } = await import('./run.ts');
      await work(options, interruptSignal());
    });
}
