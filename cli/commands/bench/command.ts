import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommonOptions, MemoryArguments, OverheadArguments, StepArguments, SweepArguments } from './run.ts';
import { interruptSignal } from '../../interrupt.ts';
import { collect, jsonOption, slotsOption } from '../../options.ts';

export function benchCommand(): Command {
  const command = new Command('bench').description(
    'measure this machine: everything takes turns with what it is compared to, and is told as a median, quartiles and a ratio',
  );
  common(command.command('step'), 20)
    .description(
      'a training step: operation by operation, replayed as one graph, and in PyTorch and JAX where they are installed',
    )
    .option('--cells <names>', 'which cells', names, ['rnn', 'lstm'])
    .option('--lengths <numbers>', 'T, the digits that the network reads', wholeNumbers, [5, 19, 35])
    .option('--batch <numbers>', 'examples in a batch', wholeNumbers, [128])
    .option('--hidden <numbers>', 'hidden units', wholeNumbers, [128])
    .option('--lanes <numbers>', 'trials of one shape that are trained together', wholeNumbers, [8])
    .addOption(new Option('--encoding <how>', 'how a digit is shown').choices(['scalar', 'one-hot']).default('scalar'))
    .addOption(
      new Option(
        '--clock <which>',
        'of the wall, or the processor time of the process, which does not count what others take on a busy machine',
      )
        .choices(['wall', 'processor'])
        .default('wall'),
    )
    .option('--python <path>', 'a Python with PyTorch, JAX or both; may be repeated (left out: python3)', collect)
    .option(
      '--others <names>',
      'ways of PyTorch and JAX to take the step: pytorch, pytorch-compiled (up to minutes to compile), jax-scan, jax-unrolled (left out: all)',
      names,
    )
    .option('--alone', 'without PyTorch and JAX')
    .action(async (options: StepArguments) => {
      const { step } = await import('./run.ts');
      await step(options, interruptSignal());
    });
  common(command.command('sweep'), 3)
    .description(
      'the same 24 trials of the palindrome task here and on Ray Tune with PyTorch, by the clock on the wall, both from a cold start',
    )
    .option('--steps <n>', 'of training, a trial', wholeNumber, 300)
    .addOption(slotsOption('--workers <n>'))
    .option('--python <path>', 'a Python with Ray Tune and PyTorch; may be repeated (left out: python3)', collect)
    .option('--alone', 'without Ray Tune')
    .action(async (options: SweepArguments) => {
      const { sweep } = await import('./run.ts');
      await sweep(options, interruptSignal());
    });
  common(command.command('gpu'), 5)
    .description(
      'a training step on an NVIDIA GPU, set-up included: operation by operation, replayed, and with lanes; ends with 1 where there is none',
    )
    .action(async (options: CommonOptions) => {
      const { gpu } = await import('./run.ts');
      await gpu(options, interruptSignal());
    });
  common(command.command('overhead'), 3)
    .description(
      'what orchestration costs: trials a second that train nothing, slot time lost between trials, time from the command to the first step',
    )
    .option('--trials <n>', 'how many that train nothing', wholeNumber, 2000)
    .addOption(slotsOption('--workers <n>'))
    .action(async (options: OverheadArguments) => {
      const { overhead } = await import('./run.ts');
      await overhead(options, interruptSignal());
    });
  command
    .command('memory')
    .description('what thousands of replayed steps leave behind: memory, tensors, sessions')
    .option('--steps <n>', 'how many', wholeNumber, 20_000)
    .addOption(jsonOption('print JSON'))
    .action(async (options: MemoryArguments) => {
      const { memory } = await import('./run.ts');
      await memory(options, interruptSignal());
    });
  return command;
}

const common = (command: Command, rounds: number): Command =>
  command
    .option('--rounds <n>', 'how many times each is measured', wholeNumber, rounds)
    .option('--compare <file>', 'also show the change from what --json printed earlier, on this machine')
    .addOption(jsonOption('print JSON'));

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 1_000_000)
    throw new InvalidArgumentError('Allowed: a whole number from 1 to 1,000,000.');
  return number;
}

const names = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
const wholeNumbers = (text: string): number[] => names(text).map(wholeNumber);
