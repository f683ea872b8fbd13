import { Command } from 'commander';

export function initCommand(): Command {
  return new Command('init')
    .description('write a first sweep file, with comments, that runs in about a minute; nothing is overwritten')
    .argument('[file]', 'where to write it', 'first.json')
    .action(async (file: string) => {
      const { init } = await import('./run.ts');
      await init(file);
    });
}
