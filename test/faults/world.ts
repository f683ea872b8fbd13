/** A sweep that runs on a machine of its own, as faults meet it. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newMachine, trainersOf, until, type Ended, type Machine, type Running } from '../support/machine.ts';

export const ID = 'faults';

export interface Kind {
  spec: object;
  /** In the environment of `sweep start`. */
  variables: Record<string, string>;
  /**
   * What is trained, and how far, depends on the order in which results arrive: only what every order has in common can
   * be compared.
   */
  adaptive: boolean;
}

/** A few trials of a few seconds each: long enough to be struck in the middle. */
const four = {
  name: ID,
  task: { name: 'palindrome', length: 10 },
  model: { hiddenUnits: 32 },
  training: {
    optimizer: 'rmsprop',
    learningRate: 0.001,
    batchSize: 32,
    maxSteps: 1000,
    evaluateEvery: 50,
    evaluationSize: 32,
  },
  space: { 'model.cell': ['rnn', 'lstm'] },
  repeats: 2,
};
const six = {
  ...four,
  space: { 'model.cell': ['rnn', 'lstm'], 'training.learningRate': [0.001, 0.003, 0.01] },
  repeats: 1,
};

/** The sweeps that are struck. */
export const kinds = {
  whole: { spec: four, variables: {}, adaptive: false },
  sharded: { spec: four, variables: { SWEEP_RUN_LIMITS: '2,40' }, adaptive: false },
  asha: { spec: { ...six, scheduler: { name: 'asha', eta: 2, minSteps: 250 } }, variables: {}, adaptive: true },
} satisfies Record<string, Kind>;
export type KindName = keyof typeof kinds;
export const CHECKPOINT_SECONDS = 0.5;
const SLOTS = 2;

export interface World {
  machine: Machine;
  kind: Kind;
  /** The runs folder, on a file system of its own where a fault wants to fill it. */
  runs: string;
  /** The command that looks on now. */
  cli: Running;
  /** Started besides. */
  others: Running[];
  /**
   * At most so many seconds of training kills undid: the time since the last checkpoint, of every trial that was hit.
   */
  rework: number[];
  /** When trainers stood still: nothing was trained then. */
  still: { from: number; to: number }[];
  /** Starts the sweep, or looks on again. */
  start(): Running;
  /** Process ids, waited for. */
  workerPid(): Promise<number>;
  serverPid(): Promise<number>;
  trainers(): Promise<number[]>;
  /** Folders of trials that have begun and have no result, with their checkpoints, newest first. */
  training(): { folder: string; checkpoints: string[] }[];
  /** Notes what a kill of all trainers would undo now, if the given checkpoint were none. */
  noteRework(damaged?: string): void;
  over(): boolean;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Bytes; left out: the disk's own. Needs root. */
  diskBytes?: number | undefined;
}

export async function newWorld(kind: Kind, { diskBytes }: WorldOptions = {}): Promise<World> {
  const machine = await newMachine({ SWEEP_CHECKPOINT_SECONDS: String(CHECKPOINT_SECONDS), ...kind.variables });
  const runs = join(machine.folder, 'runs');
  await mkdir(runs);
  if (diskBytes !== undefined) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', runs]);
  const spec = join(machine.folder, 'faults.json');
  await writeFile(spec, JSON.stringify(kind.spec));
  const trialsFolder = join(runs, ID, 'trials');

  const start = (): Running => {
    const running = machine.spawn('start', spec, '--id', ID, '--runs', runs, '--workers', String(SLOTS));
    running.process.once('exit', () => ended.add(running));
    return running;
  };
  const ended = new Set<Running>();
  const world: World = {
    machine,
    kind,
    runs,
    rework: [],
    still: [],
    others: [],
    start,
    cli: start(),
    workerPid: () => until(async () => (await machine.worker(runs)).childPid),
    serverPid: () => until(async () => (await machine.server()).childPid),
    trainers: async () => trainersOf(await world.workerPid()),
    training() {
      return list(trialsFolder)
        .map((name) => join(trialsFolder, name))
        .filter((folder) => !list(folder).includes('result.json'))
        .map((folder) => ({
          folder,
          checkpoints: list(join(folder, 'attempts'))
            .flatMap((attempt) =>
              list(join(folder, 'attempts', attempt)).map((file) => join(folder, 'attempts', attempt, file)),
            )
            .filter((file) => file.endsWith('.ckpt'))
            .sort((a, b) => basename(b).localeCompare(basename(a))),
        }));
    },
    noteRework(damaged) {
      for (const { folder, checkpoints } of world.training()) {
        const since = modified(checkpoints.find((file) => file !== damaged) ?? folder);
        if (since === undefined) continue;
        const still = world.still.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, since)), 0);
        world.rework.push((Date.now() - since - still) / 1000);
      }
    },
    over: () => ended.has(world.cli),
    async close() {
      for (const { process: command } of [world.cli, ...world.others]) command.kill('SIGKILL');
      await machine.worker(runs).catch(() => undefined); // now it is known, and will be stopped
      await machine.stop({ keep: true });
      if (diskBytes !== undefined) execFileSync('umount', ['-l', runs]);
      await rm(machine.folder, { recursive: true, force: true });
    },
  };
  return world;
}

/**
 * Starts the sweep once more wherever the command was killed or gave up, until one sees it to its end; the last one's
 * answer.
 */
export async function seeToItsEnd(world: World, tries = 4): Promise<Ended> {
  let ended = await world.cli.ended;
  for (let i = 1; ended.code !== 0 && i < tries; i++) {
    world.cli = world.start();
    ended = await world.cli.ended;
  }
  for (const other of world.others) await other.ended;
  return ended;
}

export const results = (world: World) => readFile(join(world.runs, ID, 'report/results.csv'), 'utf8');

/** Processes that belong to a machine: its state folder is in their environment. */
export function processesOf({ folder }: Machine): string[] {
  const mark = `SWEEP_HOME=${folder}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark) &&
          !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        );
      } catch {
        return false; // it is gone, or not ours to look at
      }
    })
    .map((pid) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 200)}`);
}

const basename = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** What is in a folder; nothing, if it is not there. */
export function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function modified(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
}
