import { Command } from 'commander';
import type { BackendKind } from '../../../engine/backends/index.ts';
import { interruptSignal } from '../../interrupt.ts';
import { backendOption, jsonOption } from '../../options.ts';

export function setupCommand(): Command {
  return new Command('setup')
    .description('install native TensorFlow, ONNX Runtime and the Temporal server; interrupted, it can be run again')
    .addOption(backendOption())
    .addOption(jsonOption('print JSON'))
    .action(async (options: { backend?: BackendKind; json?: boolean }) => {
      const { setup } = await import('./run.ts');
      await setup(options, interruptSignal());
    });
}
