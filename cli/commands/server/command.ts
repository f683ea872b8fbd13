import { Command } from 'commander';
import type { ServerAction } from './run.ts';
import { jsonOption } from '../../options.ts';

const ACTIONS: Record<ServerAction, string> = {
  start: 'start it, or find it running; it goes on after this command ends',
  stop: 'stop it; sweeps that run go on when it starts again',
  status: 'whether it runs, and where',
};

export function serverCommand(): Command {
  const command = new Command('server').description(
    'the Temporal server that comes with sweep: one for this user, on 127.0.0.1 only, with its web UI',
  );
  for (const [name, description] of Object.entries(ACTIONS)) {
    command
      .command(name)
      .description(description)
      .addOption(jsonOption('print JSON'))
      .action(async (options: { json?: boolean }) => {
        const { server } = await import('./run.ts');
        await server(name as ServerAction, options);
      });
  }
  return command;
}
