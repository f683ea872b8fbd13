import { Command } from 'commander';
import { interruptSignal } from '../../interrupt.ts';
import { jsonOption } from '../../options.ts';

export function setupCommand(): Command {
  return new Command('setup')
    .description('install native TensorFlow, ONNX Runtime and the Temporal server; interrupted, it can be run again')
    .addOption(jsonOption('print JSON'))
    .action(async (options: { json?: boolean }) => {
      const { setup } = await import('./run.ts');
      await setup(options, interruptSignal());
    });
}
