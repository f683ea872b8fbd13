/** The `sweep` program. The one place that decides how the process ends. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { Refused, UserError } from '../core/errors.ts';
import { adviceOn, refusalOf } from '../core/refusal.ts';
import { commands, isCommand } from './commands/index.ts';
import { interrupted, onInterrupt } from './interrupt.ts';
import { isOutputNeeded, printable, tell } from './ui/output.ts';

const EXIT = { done: 0, failed: 1, badUsage: 2, interrupted: 130 } as const;

const AFTER_HELP = `
Environment: SWEEP_HOME (where parts and the server's state live), TEMPORAL_ADDRESS and the other Temporal
variables (which server), NO_COLOR. Exit codes: 0 done; 1 failed, or a trial failed; 2 bad usage or sweep file; 130 after ^C.`;

/** With the chosen command loaded, and the others known by name and summary. */
async function program(chosen: string | undefined): Promise<Command> {
  const { version, description } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
  const root = new Command('sweep')
    .description(description ?? '')
    .version(version ?? '', '-V, --version')
    .option('--no-color', 'no colours') // taken out of the arguments before; here for the help
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({
      writeErr: (text) => void process.stderr.write(printable(text)),
      outputError: (text, write) => write(`${text.trim().replace(/\s*\n\s*/g, ' ')}\n`),
    });
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

/**
 * What to say and how to end after an error. A person's mistake is a line, and so is what the system refuses; a bug is
 * its stack.
 */
function failure(error: unknown): { message?: string; code: number } {
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? EXIT.done : EXIT.badUsage }; // has said it already
  if (interrupted()) return { message: 'Interrupted. The same command goes on from here.', code: EXIT.interrupted };
  if (error instanceof UserError) return { message: `error: ${error.message}`, code: error.exitCode };
  const unanswered = silenceOf(error);
  if (unanswered !== undefined)
    return {
      message: `error: the Temporal server has stopped answering (${unanswered}); sweep doctor says more`,
      code: EXIT.failed,
    };
  const refusal = refusalLine(error);
  if (refusal !== undefined) return { message: `error: ${refusal}`, code: EXIT.failed };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    message: `${stack}\nerror: this is a bug in sweep, not something you did wrong; please report it with the lines above`,
    code: EXIT.failed,
  };
}

/**
 * What gRPC says of a server that was there a moment ago: past its deadline, or not available. Known by its form: main
 * loads no gRPC.
 */
function silenceOf(error: unknown): string | undefined {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : undefined;
  const { code, details } = (typeof cause === 'object' && cause !== null ? cause : {}) as {
    code?: unknown;
    details?: unknown;
  };
  return (code === 4 || code === 14) && typeof details === 'string' ? details.split('\n')[0] : undefined;
}

/** What the operating system refuses, where nobody nearer to it has said so already. */
function refusalLine(error: unknown): string | undefined {
  if (error instanceof Refused) return error.message;
  const problem = refusalOf(error);
  const { path } = error as NodeJS.ErrnoException;
  return (
    problem && `${path === undefined ? '' : `${path}: `}${problem}; ${adviceOn(error, 'put that right and try again')}`
  );
}

/** What was to be printed and could not be: a full disk, say. */
let lost: NodeJS.ErrnoException | undefined;

function end(code: number): void {
  const exit = () => process.exit(lost === undefined ? code : code || EXIT.failed);
  if (lost !== undefined) return exit();
  // What is on its way into a pipe gets there first; what did not get to its file is heard of a turn later.
  process.stdout.write('', () => process.stderr.write('', () => setImmediate(exit)));
}

/** Nobody reads what a command prints in vain: it ends, and with a code that says so. */
function loseOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done); // whoever read has had enough
  if (error.code === 'EIO' || !isOutputNeeded()) return; // the terminal was closed, which a signal tells of
  if (lost !== undefined) return; // said already
  lost = error;
  tell(
    `error: what is printed does not get to where it should: ${refusalOf(error) ?? error.message}; make room, or send it elsewhere`,
  );
  end(EXIT.failed);
}

let failed = false;

function fail(error: unknown): void {
  if (failed) return; // what was under way beside it fails too, often of the same
  failed = true;
  const { message, code } = failure(error);
  if (message !== undefined) tell(message);
  end(code);
}

export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', loseOutput);
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
  }); // nowhere left to complain
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
