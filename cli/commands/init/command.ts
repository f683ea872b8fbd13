import { Command } from 'commander';
import { jsonOption } from '../../options.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('write a first sweep file, with comments, that runs in about a minute; nothing is overwritten')
    .argument('[file]', 'where to write it', 'first.json')
    .addOption(jsonOption('print JSON'))
    .action(async (file: string, options: { json?: boolean }) => {
      const { init } = await import('./run.ts');
      await init(file, options);
    });
}
