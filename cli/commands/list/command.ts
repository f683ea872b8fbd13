import { Command } from 'commander';
import { jsonOption } from '../../options.ts';

export function listCommand(): Command {
  return new Command('list')
    .description("show what a sweep file can name; with an argument, each one's options too")
    .argument('[what]', 'cells, tasks, optimizers, dimensions, searches, schedulers or figures')
    .addOption(jsonOption('print JSON'))
    .action(async (what: string | undefined, options: { json?: boolean }) => {
      const { list } = await import('./run.ts');
      list(what, options);
    });
}
