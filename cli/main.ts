/** The `sweep` program. The one place that decides how the process ends. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { UserError } from '../core/errors.ts';
import { commands, isCommand } from './commands.ts';
import { interrupted, onInterrupt } from './interrupt.ts';

const EXIT = { done: 0, failed: 1, badUsage: 2, interrupted: 130 } as const;

const AFTER_HELP = `
Environment: SWEEP_HOME (where parts and the server's state live), TEMPORAL_ADDRESS and the other Temporal
variables (which server), NO_COLOR. Exit codes: 0 done; 1 failed, or a trial failed; 2 bad usage or sweep file; 130 after ^C.`;

/** With the chosen command loaded, and the others known by name and summary. */
async function program(chosen: string | undefined): Promise<Command> {
  const { version, description } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Record<string, string>;
  const root = new Command('sweep').description(description ?? '').version(version ?? '', '-V, --version')
    .option('--no-color', 'no colours') // taken out of the arguments before; here for the help
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')}\n`) });
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const command = name === chosen ? await load() : new Command(name);
    root.addCommand(command.summary(summary));
  }
  settle(root, 'sweep');
  return root;
}

/** Commands that are made elsewhere take over how this program reports errors. */
function settle(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help says more)`);
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    settle(child, `${path} ${child.name()}`);
  }
}

/** What to say and how to end after an error. A person's mistake is a line; a bug is its stack. */
function failure(error: unknown): { message?: string; code: number } {
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.done : EXIT.badUsage }; // has said it already
  if (interrupted()) return { message: 'Interrupted. The same command goes on from here.', code: EXIT.interrupted };
  if (error instanceof UserError) return { message: `error: ${printable(error.message)}`, code: error.exitCode };
  const unanswered = silenceOf(error);
  if (unanswered !== undefined) return { message: `error: the Temporal server has stopped answering (${printable(unanswered)}); sweep doctor says more`, code: EXIT.failed };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `${printable(stack)}\nerror: this is a bug in sweep, not something you did wrong; please report it with the lines above`, code: EXIT.failed };
}

/** What gRPC says of a server that was there a moment ago: past its deadline, or not available. Known by its form: main loads no gRPC. */
function silenceOf(error: unknown): string | undefined {
  const cause: unknown = error instanceof Error ? error.cause ?? error : undefined;
  const { code, details } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown; details?: unknown };
  return (code === 4 || code === 14) && typeof details === 'string' ? details.split('\n')[0] : undefined;
}

/** Without the control characters that a file or a server may have put there; lines stay. */
const printable = (text: string): string => text.replace(/(?!\n)\p{Cc}/gu, ' ');

function end(code: number): void {
  // What is on its way into a pipe gets there first.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

function fail(error: unknown): void {
  const { message, code } = failure(error);
  if (message !== undefined) console.error(message);
  end(code);
}

export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.done); // whoever read has had enough
      if (error.code !== 'EIO') throw error; // the terminal was closed, which a signal tells of
    });
  }
  process.on('uncaughtException', fail).on('unhandledRejection', fail);
  onInterrupt(() => process.exit(EXIT.interrupted));
  if (argv.includes('--no-color')) process.env['NO_COLOR'] = '1';
  const args = argv.filter((arg) => arg !== '--no-color');
  const named = args[0] === 'help' ? args[1] : args.find((arg) => !arg.startsWith('-'));
  try {
    const root = await program(named !== undefined && isCommand(named) ? named : undefined);
    await root.parseAsync(args, { from: 'user' });
    end(Number(process.exitCode ?? (interrupted() ? EXIT.interrupted : EXIT.done)));
  } catch (error) {
    fail(error);
  }
}
