import { Command } from 'commander';
import { jsonOption, runsOption } from './options.ts';
import { clean, jsonText, say } from './ui/output.ts';

interface Options {
  runs: string;
  json?: boolean;
}

export function cancelCommand(): Command {
  return new Command('cancel')
    .description(
      'end a sweep: trials in training save a checkpoint, finished ones are kept and reported; sweep start goes on with the rest',
    )
    .argument('<id>', 'the sweep: its id, the start of it, or its name')
    .addOption(runsOption())
    .addOption(jsonOption('print JSON'))
    .action(async (given: string, options: Options) => {
      const [{ cancelSweep }, { connect }, { openStore }, { readOutcome }, { resolveSweepId }] = await Promise.all([
        import('../orchestrate/sweeps.ts'),
        import('../server/connection.ts'),
        import('../store/index.ts'),
        import('../store/runs.ts'),
        import('./sweep-id.ts'),
      ]);
      const store = openStore(options.runs);
      const sweepId = await resolveSweepId(store, given);
      const isCancelled = (await readOutcome(store, sweepId))?.state === 'cancelled';
      const came = isCancelled ? 'already' : await cancelSweep(await connect({ start: false }), store, sweepId);
      const line = {
        cancelling: 'ends: trials in training save a checkpoint, finished ones are kept.',
        already: 'was cancelled already.',
        ended:
          'is ended: it had nothing left to train, but its report could not be written. sweep status says why; sweep report writes one of what there is.',
        ending: 'has nothing left to train and is just ending: there is nothing to cancel.',
      }[came];
      say(options.json ? jsonText({ sweepId, cancelling: came === 'cancelling' }) : `${clean(sweepId)} ${line}`);
    });
}
