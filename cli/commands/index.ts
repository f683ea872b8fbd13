/** Every command with its one line of help; its file is loaded only when it is the one that runs. */
import type { Command } from 'commander';

export interface CommandEntry {
  summary: string;
  load(): Promise<Command>;
}

export const commands = {
  init: { summary: 'write a first sweep file', load: async () => (await import('./init/command.ts')).initCommand() },
  start: {
    summary: 'run a sweep, or go on with it',
    load: async () => (await import('./start/command.ts')).startCommand(),
  },
  plan: {
    summary: 'what a sweep would do: trials, cached ones, time',
    load: async () => (await import('./plan/command.ts')).planCommand(),
  },
  simulate: {
    summary: 'what each scheduler would make of a sweep, in virtual time',
    load: async () => (await import('./simulate/command.ts')).simulateCommand(),
  },
  status: {
    summary: 'how the sweeps are, or one of them',
    load: async () => (await import('./status/command.ts')).statusCommand(),
  },
  watch: {
    summary: 'look on while a sweep runs',
    load: async () => (await import('./watch/command.ts')).watchCommand(),
  },
  pause: {
    summary: 'hold a sweep; it keeps its place',
    load: async () => (await import('./pause/command.ts')).pauseCommand(),
  },
  resume: {
    summary: 'let a paused sweep go on',
    load: async () => (await import('./resume/command.ts')).resumeCommand(),
  },
  concurrency: {
    summary: 'how many jobs of a sweep run at a time',
    load: async () => (await import('./concurrency/command.ts')).concurrencyCommand(),
  },
  extend: {
    summary: 'add values, repeats, trials or steps to a sweep',
    load: async () => (await import('./extend/command.ts')).extendCommand(),
  },
  retry: {
    summary: 'train the failed trials of a sweep again',
    load: async () => (await import('./retry/command.ts')).retryCommand(),
  },
  cancel: {
    summary: 'end a sweep; what is finished is kept',
    load: async () => (await import('./cancel/command.ts')).cancelCommand(),
  },
  report: {
    summary: "write a sweep's report, or prove it from its data",
    load: async () => (await import('./report/command.ts')).reportCommand(),
  },
  logs: {
    summary: 'what a trial has printed, or how its network has learned',
    load: async () => (await import('./logs/command.ts')).logsCommand(),
  },
  explain: {
    summary: 'why a trial was promoted or stopped, with the numbers',
    load: async () => (await import('./explain/command.ts')).explainCommand(),
  },
  sample: {
    summary: 'let a trained network write',
    load: async () => (await import('./sample/command.ts')).sampleCommand(),
  },
  list: {
    summary: 'what a sweep file can name: cells, tasks, optimizers, …',
    load: async () => (await import('./list/command.ts')).listCommand(),
  },
  worker: {
    summary: 'train trials on this machine until ^C',
    load: async () => (await import('./worker/command.ts')).workerCommand(),
  },
  server: {
    summary: 'the Temporal server that comes with sweep',
    load: async () => (await import('./server/command.ts')).serverCommand(),
  },
  bench: {
    summary: 'measure this machine: a training step, a sweep, the overhead',
    load: async () => (await import('./bench/command.ts')).benchCommand(),
  },
  setup: {
    summary: 'install native TensorFlow, ONNX Runtime and the Temporal server',
    load: async () => (await import('./setup/command.ts')).setupCommand(),
  },
  doctor: {
    summary: 'show every part, its version, and what is missing',
    load: async () => (await import('./doctor/command.ts')).doctorCommand(),
  },
} satisfies Record<string, CommandEntry>;

export type CommandName = keyof typeof commands;
export const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name);
