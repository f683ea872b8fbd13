import { Command } from 'commander';
import { jsonOption, runsOption } from './options.ts';

interface Options { runs: string; json?: boolean }

export function cancelCommand(): Command {
  return new Command('cancel')
    .description('end a sweep: trials in training save a checkpoint, finished ones are kept and reported; sweep start goes on with the rest')
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: Options) => {
      const [{ cancelSweep }, { connect }, { openStore }, { resolveSweepId }] = await Promise.all([
        import('../orchestrate/sweeps.ts'), import('../server/connection.ts'), import('../store/index.ts'), import('./sweep-id.ts'),
      ]);
      const store = openStore(options.runs);
      const sweepId = await resolveSweepId(store, given);
      await cancelSweep(await connect({ start: false }), store, sweepId);
      const line = `${sweepId} ends: trials in training save a checkpoint, finished ones are kept.`;
      process.stdout.write(`${options.json ? JSON.stringify({ sweepId, cancelling: true }) : line}\n`);
    });
}
