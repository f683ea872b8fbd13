import { Command, InvalidArgumentError } from 'commander';
import type { StartOptions } from './run.ts';
import { interruptSignal } from '../../interrupt.ts';
import { backendOption, collect, jsonOption, runsOption, slotsOption } from '../../options.ts';

export function startCommand(): Command {
  return new Command('start')
    .description(
      'run a sweep: install what is missing, start the server and a worker if none runs, and look on until it is done.\n' +
        'A sweep that runs already is looked on; of one that has ended, only what is missing runs.',
    )
    .argument('<file>', 'the sweep file')
    .option(
      '--set <path=value>',
      'replace a value of the file, as in --set training.maxSteps=500; may be repeated',
      collect,
    )
    .option('--detach', 'start it and come back at once')
    .option('--id <id>', 'call the sweep this (left out: its name and a hash of what it is)', sweepIdArgument)
    .option(
      '--no-cache',
      'train every trial, also those that other sweeps of the runs folder have trained; wants an id without trained trials',
    )
    .addOption(backendOption())
    .addOption(slotsOption('--workers <n>'))
    .addOption(runsOption())
    .addOption(jsonOption('print one JSON object a line: events start, trial, progress, end'))
    .action(async (file: string, options: StartOptions) => {
      const { start } = await import('./run.ts');
      await start(file, options, interruptSignal());
    });
}

function sweepIdArgument(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,79}$/.test(text)) {
    throw new InvalidArgumentError(
      'Allowed: up to 80 lower-case letters, digits, dots, dashes and underscores, a letter or digit first.',
    );
  }
  return text;
}
