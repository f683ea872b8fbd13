import { Command, InvalidArgumentError } from 'commander';
import type { SampleOptions } from './run.ts';
import { backendOption, jsonOption, runsOption } from '../../options.ts';

export function sampleCommand(): Command {
  return new Command('sample')
    .description('let a trained network write: go on from a prompt, at a temperature or always with the likeliest')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .argument('<trial>', 'the trial: the start of its id, its label as in "lstm seed 1", or best')
    .option('--prompt <text>', 'what to go on from (left out: the task starts as it will)', '')
    .option(
      '--temperature <t>',
      'divides the logits: towards 0 only the likeliest, above 1 bolder (left out: 1, or --greedy where the ' +
        'task answers prompts)',
      positive,
    )
    .option('--greedy', 'always take the likeliest')
    .option('--length <n>', 'characters to write at most', wholeUpTo(1_000_000, 1), 200)
    .option('--samples <n>', 'how many texts to write', wholeUpTo(10_000, 1), 1)
    .option('--seed <n>', "of the random draws (left out: the trial's own)", wholeUpTo(2 ** 32 - 1, 0))
    .addOption(backendOption())
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (sweep: string, trial: string, options: SampleOptions) => {
      const { sample } = await import('./run.ts');
      await sample(sweep, trial, options);
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Allowed: a number above 0; or --greedy.');
}

function wholeUpTo(most: number, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Allowed: a whole number from ${least} to ${most}.`);
  };
}
